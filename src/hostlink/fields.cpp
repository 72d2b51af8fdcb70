#include "hostlink/fields.hpp"

#include <sodium.h>

namespace stipend::hostlink {

using nlohmann::json;

void Fields::wrong(const char* name, std::string_view what) {
  if (fault_.empty()) fault_ = std::string("field ") + name + " " + std::string(what);
}

base::Status Fields::fault() const {
  if (fault_.empty()) return {};
  return base::fail(base::Fault::kInvalid, "InvalidMessage", fault_);
}

const json* Fields::find(const char* name) {
  const auto at = object_.find(name);
  if (at == object_.end()) {
    wrong(name, "is missing");
    return nullptr;
  }
  return &*at;
}

std::int64_t Fields::integer(const char* name, std::int64_t min, std::int64_t max) {
  const json* value = find(name);
  if (!value) return min;
  const bool fits = value->is_number_unsigned()
                        ? value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX)
                        : value->is_number_integer();
  if (!fits || value->get<std::int64_t>() < min || value->get<std::int64_t>() > max) {
    wrong(name, "is not an integer inside its bounds");
    return min;
  }
  return value->get<std::int64_t>();
}

std::int64_t Fields::integer_or(const char* name, std::int64_t min, std::int64_t max, std::int64_t absent) {
  return object_.is_object() && object_.contains(name) ? integer(name, min, max) : absent;
}

bool Fields::boolean(const char* name) {
  const json* value = find(name);
  if (value && value->is_boolean()) return value->get<bool>();
  wrong(name, "is not true or false");
  return false;
}

std::string Fields::text(const char* name, std::size_t max_bytes) {
  const json* value = find(name);
  if (value && value->is_string() && value->get_ref<const std::string&>().size() <= max_bytes)
    return value->get<std::string>();
  wrong(name, "is not a text inside its bounds");
  return {};
}

std::string Fields::bytes(const char* name, std::size_t max_bytes) {
  const std::string encoded = text(name, (max_bytes + 2) / 3 * 4);
  std::string out(encoded.size(), '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), encoded.data(),
                        encoded.size(), nullptr, &length, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0 ||
      length > max_bytes) {
    wrong(name, "is not base64 inside its bounds");
    length = 0;
  }
  out.resize(length);
  return out;
}

std::string Fields::word(const char* name, bool (*grammar)(std::string_view)) {
  std::string value = text(name, 256);
  if (grammar(value)) return value;
  wrong(name, "breaks its grammar");
  return {};
}

const json* Fields::array(const char* name, std::size_t max) {
  const json* value = find(name);
  if (value && value->is_array() && value->size() <= max) return value;
  wrong(name, "is not a list inside its bounds");
  return nullptr;
}

std::string to_base64(std::string_view bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();  // its terminating zero
  return out;
}

}  // namespace stipend::hostlink
