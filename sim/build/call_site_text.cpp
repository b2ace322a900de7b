#include "sim/build/call_site_text.hpp"

#include "sim/build/sorted_lines.hpp"

namespace kflow::build {

namespace {

/// Takes `CALLEE[=SEEN]`.
CallSite take_callee(std::uint32_t offset, std::string_view text, SiteOrigin origin,
                     bool is_indirect) {
    CallSite site;
    site.is_indirect = is_indirect;
    site.return_offset = offset;
    site.origin = origin;
    site.callee = take_field(text, '=');
    site.seen = static_cast<std::uint32_t>(parse_decimal(text));
    return site;
}

void add_site(std::string_view token, std::vector<CallSite>& sites) {
    auto const offset = static_cast<std::uint32_t>(parse_hex(take_field(token, ':')));
    auto const direct = take_field(token, '>');
    if (!direct.empty() && direct != "*") {
        sites.push_back(take_callee(offset, direct, SiteOrigin::image, false));
        return;
    }
    if (token.empty()) {
        sites.push_back({offset, {}, SiteOrigin::image, true, 0});
    }
    while (!token.empty()) {
        sites.push_back(
            take_callee(offset, take_field(token, '>'), SiteOrigin::capture, direct == "*"));
    }
}

} // namespace

std::vector<CallSite> parse_sites(std::string_view text) {
    std::vector<CallSite> sites;
    while (!text.empty()) {
        add_site(take_field(text, ' '), sites);
    }
    return sites;
}

void add_callees(std::vector<CallSite> const& sites, std::vector<std::string_view>& names) {
    for (auto const& site : sites) {
        if (!site.callee.empty()) {
            names.push_back(site.callee);
        }
    }
}

} // namespace kflow::build
