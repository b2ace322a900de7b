#pragma once
// The sites of one caller as the call site files hold them: `OFFSET:CALLEE[=SEEN]`,
// `OFFSET:*[>CALLEE=SEEN]…` where the call is indirect, `OFFSET:[>CALLEE=SEEN]…` where captures
// alone know of it; offsets in hex, ascending.

#include "sim/build/build_facts.hpp"

#include <string_view>
#include <vector>

namespace kflow::build {

/// All sites. An indirect site of which captures show n callees is n entries with one offset (and
/// no entry without callee).
std::vector<CallSite> parse_sites(std::string_view text);

/// Appends the callees' names, in the order of the sites, as often as they stand there.
void add_callees(std::vector<CallSite> const& sites, std::vector<std::string_view>& names);

} // namespace kflow::build
