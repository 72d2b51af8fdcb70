#include "aws/ec2/get_console_output.hpp"

#include "api/await_callback.hpp"
#include "api/ec2/ids.hpp"
#include "api/ec2/instance_view.hpp"
#include "api/keys/base64.hpp"
#include "api/operation.hpp"

namespace stipend::api {
namespace {

constexpr std::chrono::seconds kWait{10};

// What the console holds now, whether Latest is asked for or not; on the wire in base64.
Answer<ec2::GetConsoleOutput> get_console_output(Context context, ec2::GetConsoleOutput::Request request) {
  const std::array<std::string, 1> texts = {request.instance_id.value_or("")};
  CO_TRY_ASSIGN(const auto ids, parse_ids<base::InstanceId>(kInstanceIds, texts));
  CO_TRY((co_await read_instances(context, ids)));
  CO_TRY_ASSIGN(const auto output,
                co_await await_callback<std::string>([read = context.parts->read_console, id = ids.front()](
                                                         ConsoleDone done) { read(id, std::move(done)); },
                                                     kWait));
  ec2::GetConsoleOutput::Response response;
  response.instance_id = ids.front().str();
  response.timestamp = context.parts->clock.wall();
  response.output = base64(output);
  co_return response;
}

}  // namespace

extern constinit const Entry kEc2GetConsoleOutput = entry<ec2::GetConsoleOutput, get_console_output>();

}  // namespace stipend::api
