#include "sim/build/control_flow.hpp"

#include "sim/base/input_file.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

namespace kflow::build {

namespace {

constexpr std::string_view kEnd = "$";

/// `OFFSET:CALLEE`, of which `OFFSET` is the place.
FlowSite site_of(std::string_view callee) {
    FlowSite site;
    if (callee == "*") {
        site.kind = FlowSite::Callee::pointer;
    } else if (callee.starts_with('~')) {
        site.kind = FlowSite::Callee::hidden;
        site.callee = callee.substr(1);
    } else {
        site.callee = callee;
    }
    return site;
}

class Parser {
public:
    /// `>NEXT,… OFFSET:CALLEE>NEXT,… …`
    FunctionFlow parse(std::string_view text) {
        std::vector<std::string_view> behind;
        while (!text.empty()) {
            auto word = take_field(text, ' ');
            auto const arrow = word.find('>');
            auto const head = word.substr(0, arrow);
            behind.push_back(arrow == std::string_view::npos ? "" : word.substr(arrow + 1));
            if (behind.size() > 1) {
                auto const colon = head.find(':');
                places_.emplace(head.substr(0, colon),
                                static_cast<std::uint32_t>(flow_.sites.size()));
                flow_.sites.push_back(site_of(head.substr(std::min(colon, head.size() - 1) + 1)));
            }
        }
        for (std::size_t i = 0; i < behind.size(); ++i) {
            if (i == 0) {
                link(behind[i], flow_.first, flow_.may_be_silent);
            } else {
                link(behind[i], flow_.sites[i - 1].next, flow_.sites[i - 1].ends);
            }
        }
        return std::move(flow_);
    }

private:
    void link(std::string_view list, std::vector<std::uint32_t>& next, bool& ends) const {
        while (!list.empty()) {
            auto const place = take_field(list, ',');
            if (place == kEnd) {
                ends = true;
            } else if (auto const found = places_.find(place); found != places_.end()) {
                next.push_back(found->second);
            }
        }
    }

    FunctionFlow flow_;
    std::map<std::string_view, std::uint32_t> places_;
};

} // namespace

ControlFlow::ControlFlow(std::string text) : text_(std::move(text)) {}

std::variant<std::optional<ControlFlow>, Diagnostic> ControlFlow::load(std::string const& model_dir,
                                                                       std::string_view name) {
    auto const path = model_dir + "/builds/" + std::string(name) + "/control-flow.zst";
    if (!std::filesystem::exists(path)) {
        return std::optional<ControlFlow>{};
    }
    auto text = read_input(path);
    if (auto* const wrong = std::get_if<Diagnostic>(&text)) {
        return std::move(*wrong);
    }
    return std::optional(ControlFlow(std::get<std::string>(std::move(text))));
}

/// The lines behind the header.
SortedLines ControlFlow::lines() const {
    auto const head = text_.find("%\n");
    return SortedLines(head == std::string::npos ? std::string_view{}
                                                 : std::string_view(text_).substr(head + 2));
}

std::vector<FunctionFlow> ControlFlow::functions(std::string_view symbol) const {
    std::vector<FunctionFlow> found;
    auto rest = lines().equal(symbol);
    while (!rest.empty()) {
        auto line = take_field(rest, '\n');
        take_field(line); // name
        take_field(line); // offset
        found.push_back(Parser().parse(line));
    }
    return found;
}

} // namespace kflow::build
