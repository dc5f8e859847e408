// `pipes sddl explain`: a security descriptor in plain words, and who could open a pipe that has it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/access_words.h"
#include "cli/descriptor.h"
#include "cli/exit_code.h"
#include "cli/facts.h"
#include "cli/pipe_name.h"
#include "cli/report.h"
#include "cli/runtime_directory.h"
#include "cli/subcommands.h"
#include "cli/system.h"

namespace pipes::cli {
namespace {

struct Options {
  std::string text;
  std::string pipe;
  bool json = false;
};

// Who is asked about, and what the pipe lets him do.
struct Asker {
  std::string who;
  bool may_read = false;
  bool may_write = false;
};

// ------------------------------------------------------------------------------------------------------ the descriptor

std::string owner_words(const Bytes& sid) { return sid.empty() ? "not told" : sid_words(sid); }

std::string mask_words(const Entry& entry) {
  return entry.type == 0x11 ? label_words(entry.mask) : rights_words(entry.mask);
}

std::string line_of(std::size_t number, const Entry& entry) {
  const std::string sid = entry.sid.empty() ? "-" : sid_words(entry.sid);
  return fmt::format("{:>5}  {:<6}  {}: {}{}\n", number, kind_words(entry.type), sid, mask_words(entry),
                     remark_on(entry));
}

std::string text_of(const Descriptor& descriptor) {
  std::string text =
      fmt::format("owner  {}\ngroup  {}\n", owner_words(descriptor.owner), owner_words(descriptor.group));
  if (!descriptor.has_dacl) {
    text += "access no DACL: a pipe that is made with this gets the default one\n";
  } else if (descriptor.is_null_dacl) {
    text += "access a null DACL: everybody may do everything\n";
  } else if (descriptor.dacl.empty()) {
    text += "access an empty DACL: nobody may do anything; the owner may read and change the descriptor\n";
  } else {
    text += "access decided by the first entries that tell about what is asked for\n";
  }
  for (std::size_t i = 0; i < descriptor.dacl.size(); ++i) text += line_of(i, descriptor.dacl[i]);
  if (!descriptor.sacl.empty()) text += "system entries, kept and not acted upon\n";
  for (std::size_t i = 0; i < descriptor.sacl.size(); ++i) text += line_of(i, descriptor.sacl[i]);
  return text;
}

// ---------------------------------------------------------------------------------------------------- who may connect

bool is_granted(const Bytes& descriptor, const pipes_identity& identity, std::uint32_t desired) {
  std::uint32_t granted = 0;
  return pipes_sd_check_access(descriptor.data(), static_cast<std::uint32_t>(descriptor.size()), &identity, desired,
                               &granted, nullptr) == PIPES_OK;
}

// What an open with a generic right asks for. The right to create instances comes with it unasked.
constexpr std::uint32_t kToRead = PIPES_FILE_GENERIC_READ;
constexpr std::uint32_t kToWrite = PIPES_FILE_GENERIC_WRITE & ~PIPES_FILE_CREATE_PIPE_INSTANCE;

Asker ask(std::string who, const PipeInfo& pipe, const pipes_identity& identity) {
  const bool client_reads = pipe.direction != Direction::kInbound;
  const bool client_writes = pipe.direction != Direction::kOutbound;
  return {.who = std::move(who),
          .may_read = client_reads && is_granted(pipe.descriptor, identity, kToRead),
          .may_write = client_writes && is_granted(pipe.descriptor, identity, kToWrite)};
}

pipes_identity blank_identity() {
  pipes_identity identity{};
  identity.size = sizeof identity;
  identity.user_id = PIPES_UNKNOWN_ID;
  identity.group_id = PIPES_UNKNOWN_ID;
  identity.session_id = PIPES_UNKNOWN_ID;
  identity.impersonation_level = PIPES_SECURITY_LEVEL_IMPERSONATION;
  return identity;
}

Asker ask_for_account(const std::string& who, const PipeInfo& pipe, const UserIds& ids) {
  pipes_identity identity = blank_identity();
  identity.user_id = ids.user;
  identity.group_id = ids.group;
  identity.group_ids = ids.groups.data();
  identity.group_id_count = static_cast<std::uint32_t>(ids.groups.size());
  return ask(who, pipe, identity);
}

constexpr const char* kEveryone = "S-1-1-0";
constexpr const char* kAuthenticated = "S-1-5-11";
// A user of no name, who belongs to nothing but what all belong to.
constexpr const char* kSomebody = "S-1-22-1-4294967294";

Asker ask_for_sid(const std::string& who, const PipeInfo& pipe, const char* user, const char* group) {
  pipes_identity identity = blank_identity();
  identity.user_sid = user;
  const pipes_identity_group groups[] = {
      {kEveryone, PIPES_GROUP_ENABLED, 0}, {kAuthenticated, PIPES_GROUP_ENABLED, 0}, {group, PIPES_GROUP_ENABLED, 0}};
  identity.group_sids = groups;
  identity.group_sid_count = group != nullptr ? 3 : 2;
  return ask(who, pipe, identity);
}

std::optional<std::uint32_t> number_after(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

constexpr std::string_view kUnixUser = "S-1-22-1-";

// Whether being in `sid` is nothing that one user has and another lacks, or that says more than who he is.
bool is_everybody(const std::string& sid) { return sid == kEveryone || sid == kAuthenticated; }
bool is_stand_in(const std::string& sid) { return sid == "S-1-3-0" || sid == "S-1-3-1" || sid == "S-1-3-4"; }

Asker ask_for(const Bytes& sid, const PipeInfo& pipe) {
  const std::string text = sid_text(sid);
  if (const auto user = number_after(kUnixUser, text)) {
    const std::optional<UserIds> ids = ids_of(*user);
    return ids ? ask_for_account(sid_words(sid), pipe, *ids) : ask_for_sid(sid_words(sid), pipe, text.c_str(), nullptr);
  }
  return ask_for_sid("whoever is in " + sid_words(sid), pipe, kSomebody, text.c_str());
}

// This user, the owner, everybody whom the DACL names, and the rest.
std::vector<Asker> askers(const Descriptor& descriptor, const PipeInfo& pipe) {
  std::vector<Asker> all;
  if (const std::optional<UserIds> ids = own_ids()) all.push_back(ask_for_account("you", pipe, *ids));
  std::vector<Bytes> named;
  const auto name = [&named](const Bytes& sid) {
    const std::string text = sid_text(sid);
    if (sid.empty() || is_everybody(text) || is_stand_in(text)) return;
    if (std::ranges::find(named, sid) == named.end()) named.push_back(sid);
  };
  name(descriptor.owner);
  for (const Entry& entry : descriptor.dacl) name(entry.sid);
  for (const Bytes& sid : named) all.push_back(ask_for(sid, pipe));
  all.push_back(ask_for_sid("anybody else", pipe, kSomebody, nullptr));
  return all;
}

std::string_view access_words(const Asker& asker) {
  if (asker.may_read && asker.may_write) return "to read and write";
  if (asker.may_read) return "to read";
  if (asker.may_write) return "to write";
  return "no";
}

std::string text_of(const std::vector<Asker>& askers, std::optional<bool> listens) {
  std::string text = "may open it now\n";
  for (const Asker& asker : askers) text += fmt::format("       {}: {}\n", asker.who, access_words(asker));
  if (listens) text += *listens ? "An instance is free.\n" : "No instance is free.\n";
  return text;
}

// ------------------------------------------------------------------------------------------------------------- output

nlohmann::ordered_json to_json(const std::vector<Entry>& list) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Entry& entry : list) {
    const bool has_sid = !entry.sid.empty();
    array.push_back({{"type", kind_words(entry.type)},
                     {"sid", has_sid ? nlohmann::ordered_json(sid_text(entry.sid)) : nlohmann::ordered_json(nullptr)},
                     {"flags", entry.flags},
                     {"mask", entry.mask},
                     {"words", mask_words(entry)}});
  }
  return array;
}

nlohmann::ordered_json to_json(const Descriptor& descriptor) {
  const auto sid = [](const Bytes& bytes) {
    return bytes.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(sid_text(bytes));
  };
  const bool has_list = descriptor.has_dacl && !descriptor.is_null_dacl;
  return {{"owner", sid(descriptor.owner)},
          {"group", sid(descriptor.group)},
          {"dacl_present", descriptor.has_dacl},
          {"dacl", has_list ? to_json(descriptor.dacl) : nlohmann::ordered_json(nullptr)},
          {"sacl", to_json(descriptor.sacl)}};
}

nlohmann::ordered_json to_json(const std::vector<Asker>& askers) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Asker& asker : askers) {
    array.push_back({{"who", asker.who}, {"read", asker.may_read}, {"write", asker.may_write}});
  }
  return array;
}

int explain_text(const Options& options) {
  const std::string cannot = "cannot explain " + printable(options.text);
  const Expected<Bytes> bytes = descriptor_bytes(options.text);
  if (!bytes) return report_failure(cannot, bytes.status());
  const std::optional<Descriptor> descriptor = descriptor_from(*bytes);
  if (!descriptor) return report_failure(cannot, PIPES_ERROR_INVALID_SECURITY_DESCR);
  return options.json ? print_json(to_json(*descriptor)) : print(text_of(*descriptor));
}

int explain_pipe(const Options& options) {
  if (!has_runtime_directory(DirectoryUse::kLook)) return kFailed;
  const std::string path = full_name(options.pipe);
  const std::string cannot = "cannot explain " + printable(path);
  const Expected<PipeInfo> pipe = find_pipe(path);
  if (!pipe) return report_failure(with_advice(cannot, where_looked(pipe.status())), pipe.status());
  if (pipe->descriptor.empty()) {
    return report_failure(with_advice(cannot, "this system does not tell who may open it"), PIPES_ERROR_NOT_SUPPORTED);
  }
  const std::optional<Descriptor> descriptor = descriptor_from(pipe->descriptor);
  if (!descriptor) return report_failure(cannot, PIPES_ERROR_INVALID_SECURITY_DESCR);
  const std::vector<Asker> all = askers(*descriptor, *pipe);
  const std::optional<bool> listens = instance_listens(path);
  if (!options.json) return print(text_of(*descriptor) + text_of(all, listens));
  nlohmann::ordered_json facts = to_json(*descriptor);
  facts["who"] = to_json(all);
  facts["free_instance"] = listens ? nlohmann::ordered_json(*listens) : nlohmann::ordered_json(nullptr);
  return print_json(facts);
}

int explain(const Options& options) {
  if (options.text.empty() == options.pipe.empty()) {
    return report_usage("either TEXT or --pipe NAME is wanted (see pipes sddl explain --help)");
  }
  return options.pipe.empty() ? explain_text(options) : explain_pipe(options);
}

}  // namespace

void add_sddl(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("sddl", "Security descriptors in their text form.");
  command->require_subcommand(1);
  CLI::App* explaining = command->add_subcommand("explain", "Tell in plain words what a security descriptor says.");
  const auto options = std::make_shared<Options>();
  explaining->add_option("TEXT", options->text, "The descriptor, as O:BAG:BAD:(A;;FA;;;BA)");
  explaining->add_option("--pipe", options->pipe, "Explain that of this pipe, and tell who may open it now");
  explaining->add_flag("--json", options->json, "Print an object");
  explaining->footer(kExitCodeHelp);
  explaining->callback([options, &action] { action = [options] { return explain(*options); }; });
}

}  // namespace pipes::cli
