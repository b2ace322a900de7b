#include "sim/cli/model_words.hpp"

#include "sim/kernel/registry.hpp"
#include "sim/model/reporter.hpp"

#include <fmt/format.h>
#include <map>
#include <set>

namespace kflow::cli {

namespace {

using Kind = model::ast::Declaration::Kind;

bool machine_knows(Kind kind, std::string_view name) {
    switch (kind) {
    case Kind::effect:
        return kernel::find_effect(name) != nullptr;
    case Kind::collection:
        return kernel::find_collection(name) != nullptr;
    case Kind::condition:
        return kernel::find_condition(name).holds != nullptr;
    default:
        return true; // a guard that the machine does not know has its default
    }
}

std::string_view word(Kind kind) {
    return kind == Kind::effect ? "effect" : kind == Kind::collection ? "collection" : "condition";
}

template <typename Words>
void find_undeclared(Words const& words, std::string_view what,
                     std::set<std::string_view> const& declared, std::vector<Diagnostic>& out) {
    for (auto const& known : words) {
        if (declared.count(known.name) == 0) {
            out.push_back(
                {Severity::warning,
                 {},
                 fmt::format("no file declares {} \"{}\", which the machine has", what, known.name),
                 "",
                 ""});
        }
    }
}

} // namespace

std::vector<Diagnostic> compare_words(model::Model const& model) {
    std::vector<Diagnostic> out;
    std::map<Kind, std::set<std::string_view>> declared;
    for (auto const& file : model.files()) {
        for (auto const& d : file->declarations) {
            declared[d.kind].insert(d.name.text);
            if (!d.name.text.empty() && !machine_knows(d.kind, d.name.text)) {
                out.push_back(model::diagnostic_at(
                    *file, d.name,
                    fmt::format("the machine has no {} \"{}\"", word(d.kind), d.name.text), "",
                    Severity::warning));
            }
        }
    }
    find_undeclared(kernel::all_guards(), "guard", declared[Kind::guard], out);
    find_undeclared(kernel::all_effects(), "effect", declared[Kind::effect], out);
    find_undeclared(kernel::all_collections(), "collection", declared[Kind::collection], out);
    find_undeclared(kernel::all_conditions(), "condition", declared[Kind::condition], out);
    return out;
}

} // namespace kflow::cli
