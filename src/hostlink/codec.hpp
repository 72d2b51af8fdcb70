// One message <-> one packet of JSON: {"v":1,"type":"renew",...}. Pure; any thread.
// decode_request() is the gate of the privileged program: everything that is not exactly a known type with
// every field of the right kind and inside its bounds is an error (kInvalid) and changes nothing. Unknown
// fields are ignored, so a newer peer may add some. Opaque texts are base64.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "hostlink/messages.hpp"

namespace stipend::hostlink {

std::string encode(const Request& request);
std::string encode(const Event& event);
base::Result<Request> decode_request(std::string_view packet);
base::Result<Event> decode_event(std::string_view packet);

std::string_view to_word(Cause cause);
std::string_view to_word(Phase phase);
base::Result<Cause> cause_of(std::string_view word);
base::Result<Phase> phase_of(std::string_view word);

}  // namespace stipend::hostlink
