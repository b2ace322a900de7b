#include "sim/cli/drawing.hpp"

#include "sim/base/input_file.hpp"
#include "sim/view/render.hpp"

#include <cstdio>
#include <filesystem>
#include <fmt/format.h>

namespace kflow::cli {

int complain(std::vector<Diagnostic> const& diagnostics) {
    fmt::print(stderr, "{}", to_string(diagnostics));
    return 2;
}

bool is_picture(std::string const& output) {
    auto const extension = std::filesystem::path(output).extension().string();
    return extension == ".svg" || extension == ".png" || extension == ".pdf";
}

int write_drawing(std::string const& dot, std::string const& output) {
    std::string bytes = dot;
    if (is_picture(output)) {
        auto const extension = std::filesystem::path(output).extension().string();
        auto rendered = view::render_dot(dot, extension.substr(1));
        if (auto const* const diagnostic = std::get_if<Diagnostic>(&rendered)) {
            return complain({*diagnostic});
        }
        bytes = std::get<std::string>(std::move(rendered));
    }
    auto const failed = write_output(output, bytes);
    return failed ? complain({*failed}) : 0;
}

} // namespace kflow::cli
