#include "sim/model/resolve.hpp"

#include "sim/model/compile_function.hpp"
#include "sim/model/resolver.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow::model {

namespace {

constexpr std::uint32_t kEnd = ~std::uint32_t{0};

/// Compares as far as the bound says: a bound without patch level means the series.
int compare(Target const& target, ast::Version const& version) {
    if (target.major != version.major) {
        return target.major < version.major ? -1 : 1;
    }
    if (target.minor != version.minor) {
        return target.minor < version.minor ? -1 : 1;
    }
    if (version.patch < 0 || target.patch == version.patch) {
        return 0;
    }
    return target.patch < version.patch ? -1 : 1;
}

bool holds_one(ast::Bound const& bound, Target const& target) {
    using Kind = ast::Bound::Kind;
    switch (bound.kind) {
    case Kind::from:
        return compare(target, bound.version) >= 0;
    case Kind::until:
        return compare(target, bound.version) <= 0;
    case Kind::config:
    case Kind::not_config: {
        bool const enabled = target.config_enabled && target.config_enabled(bound.config);
        return enabled == (bound.kind == Kind::config);
    }
    }
    return false;
}

} // namespace

bool holds(ast::File const& file, ast::Range bounds, Target const& target) {
    auto const first = file.bounds.begin() + bounds.first;
    return std::all_of(first, first + bounds.count,
                       [&target](auto const& bound) { return holds_one(bound, target); });
}

Resolution resolve(std::shared_ptr<Model const> model, Target const& target) {
    Resolution resolution;
    Resolver(std::move(model), target, resolution).run();
    return resolution;
}

Resolver::Resolver(std::shared_ptr<Model const> model, Target const& target, Resolution& out)
    : model_(std::move(model)), target_(target), out_(out), program_(out.program) {
    program_.model = model_;
    program_.version = model_->version();
    roles_.intern("current"); // kCurrent
}

bool Resolver::holds(ast::File const& file, ast::Range bounds) const {
    return bounds.empty() || model::holds(file, bounds, target_);
}

void Resolver::run() {
    std::size_t statements = 0;
    for (auto const& file : model_->files()) {
        auto const id = static_cast<FileId>(program_.files.size());
        program_.files.push_back(file->path);
        program_.sources.push_back(source_path(*file));
        statements += file->statements.size();
        declare(*file, id);
    }
    program_.code.own().reserve(statements + statements / 2);
    auto const with_body = static_cast<std::uint32_t>(program_.functions.size());
    for (std::uint32_t i = 0; i < with_body; ++i) {
        compile_function(*this, static_cast<FunctionId>(i));
    }
    program_.roles = roles_.names();
    program_.events = events_.names();
    program_.errnos = errnos_.names();
    program_.reasons = reasons_.names();
    for (std::size_t i = 0; i < program_.functions.size(); ++i) {
        program_.by_name.own().push_back(static_cast<FunctionId>(i));
    }
    std::ranges::stable_sort(program_.by_name.own(), {},
                             [this](FunctionId id) { return program_[id].name; });
}

void Resolver::declare(ast::File const& file, FileId id) {
    for (auto const& d : file.declarations) {
        if (d.name.text.empty() || !holds(file, d.bounds)) {
            continue;
        }
        if (d.kind == ast::Declaration::Kind::function) {
            declare_function(file, id, d);
        } else if (d.kind == ast::Declaration::Kind::set) {
            declare_set(file, d);
        } else {
            declare_name(file, id, d);
        }
    }
}

DocId Resolver::doc(ast::Doc const& doc) {
    if (doc.english.empty() && doc.korean.empty()) {
        return kNone<DocId>;
    }
    program_.docs.push_back({doc.english, doc.korean});
    return static_cast<DocId>(program_.docs.size() - 1);
}

Range Resolver::role_list(ast::File const& file, ast::Range words) {
    Range const range{static_cast<std::uint32_t>(program_.role_lists.size()), words.count};
    for (std::uint32_t i = 0; i < words.count; ++i) {
        program_.role_lists.push_back(roles_.intern(file.words[words.first + i].text));
    }
    return range;
}

void Resolver::duplicate(ast::File const& file, ast::Word const& name, std::string_view first_file,
                         std::uint32_t first_line) {
    report(diagnostic_at(
        file, name, fmt::format("\"{}\" is declared twice in this build", name.text),
        fmt::format("the first is {}:{}; bound one of them, [6.12..]", first_file, first_line)));
}

void Resolver::declare_function(ast::File const& file, FileId id, ast::Declaration const& d) {
    auto const index = static_cast<std::uint32_t>(program_.functions.size());
    auto const [it, is_new] = first_of_name_.try_emplace(d.name.text, index);
    std::uint32_t last = it->second;
    if (!is_new) {
        for (std::uint32_t i = it->second; i != kEnd; i = next_of_name_[i]) {
            if (program_.functions[i].file == id) {
                duplicate(file, d.name, file.path, program_.functions[i].line);
                return;
            }
            last = i;
        }
        next_of_name_[last] = index;
    }
    next_of_name_.push_back(kEnd);
    Function f;
    f.name = d.name.text;
    f.file = id;
    f.line = d.line;
    f.has_body = true;
    f.noreturn = d.noreturn;
    f.roles = role_list(file, d.roles);
    f.doc = doc(d.doc);
    program_.functions.push_back(f);
    sources_.push_back({&file, &d});
}

template <typename Id>
bool Resolver::declare_in(Table<Id>& table, ast::File const& file, ast::Declaration const& d,
                          std::size_t index) {
    auto const [it, is_new] = table.ids.try_emplace(d.name.text, static_cast<Id>(index));
    if (!is_new) {
        auto const& first = program_[it->second];
        duplicate(file, d.name, program_[first.file], first.line);
        return false;
    }
    table.names.push_back(d.name.text);
    return true;
}

void Resolver::declare_set(ast::File const& file, ast::Declaration const& d) {
    auto const [it, is_new] = sets_.try_emplace(d.name.text, FunctionSource{&file, &d});
    if (!is_new) {
        duplicate(file, d.name, it->second.file->path, it->second.declaration->line);
    }
}

void Resolver::declare_name(ast::File const& file, FileId id, ast::Declaration const& d) {
    using Kind = ast::Declaration::Kind;
    if (d.kind == Kind::guard) {
        if (declare_in(guards_, file, d, program_.guards.size())) {
            auto const scope = static_cast<GuardScope>(d.scope);
            auto const of = scope == GuardScope::role ? roles_.intern(d.owner.text) : kNone<RoleId>;
            program_.guards.push_back(
                {d.name.text, scope, of, d.default_yes, id, d.line, doc(d.doc)});
        }
        return;
    }
    if (d.kind == Kind::effect) {
        if (declare_in(effects_, file, d, program_.effects.size())) {
            program_.effects.push_back({d.name.text, role_list(file, d.roles),
                                        role_list(file, d.made), id, d.line, doc(d.doc)});
        }
        return;
    }
    auto const owner = d.owner.text.empty() ? kNone<RoleId> : roles_.intern(d.owner.text);
    Named const named{d.name.text, owner, id, d.line, kNone<DocId>};
    auto& list = d.kind == Kind::collection ? program_.collections : program_.conditions;
    bool const is_new = d.kind == Kind::collection ? declare_in(collections_, file, d, list.size())
                                                   : declare_in(conditions_, file, d, list.size());
    if (is_new) {
        list.push_back(named);
        list.back().doc = doc(d.doc);
    }
}

FunctionId Resolver::leaf(std::string_view name) {
    auto const index = static_cast<std::uint32_t>(program_.functions.size());
    auto const [it, is_new] = first_of_name_.try_emplace(name, index);
    if (is_new) {
        Function f;
        f.name = name;
        program_.functions.push_back(f);
        next_of_name_.push_back(kEnd);
        sources_.push_back({});
    }
    return static_cast<FunctionId>(it->second);
}

FunctionId Resolver::callee(ast::File const& file, ast::Word const& name, ast::Word const& at) {
    auto const found = first_of_name_.find(name.text);
    if (found == first_of_name_.end()) {
        if (!at.text.empty()) {
            report(diagnostic_at(
                file, at,
                fmt::format("\"{}\" has no function \"{}\" in this build", at.text, name.text)));
        }
        return leaf(name.text);
    }
    auto const first = found->second;
    if (next_of_name_[first] == kEnd && at.text.empty()) {
        return static_cast<FunctionId>(first);
    }
    return choose(file, name, at, first);
}

/// The same file first, then the only one of the same tree, then the only one of all.
FunctionId Resolver::choose(ast::File const& file, ast::Word const& name, ast::Word const& at,
                            std::uint32_t first) {
    std::vector<std::uint32_t> same_tree;
    std::vector<std::string_view> paths;
    std::uint32_t count = 0;
    for (std::uint32_t i = first; i != kEnd; i = next_of_name_[i]) {
        auto const* other = sources_[i].file;
        if (!other) {
            continue;
        }
        paths.push_back(short_path(other->path));
        if (at.text.empty() ? other == &file : paths.back() == at.text) {
            return static_cast<FunctionId>(i);
        }
        if (tree_of(other->path) == tree_of(file.path)) {
            same_tree.push_back(i);
        }
        ++count;
    }
    if (!at.text.empty()) {
        report(diagnostic_at(
            file, at,
            fmt::format("\"{}\" has no function \"{}\" in this build", at.text, name.text),
            suggestion(at.text, paths)));
        return static_cast<FunctionId>(first);
    }
    if (same_tree.size() == 1 || (same_tree.empty() && count == 1)) {
        return static_cast<FunctionId>(same_tree.empty() ? first : same_tree.front());
    }
    report(diagnostic_at(file, name,
                         fmt::format("\"{}\" could be a function of {} files", name.text, count),
                         fmt::format("say which: {}@{}", name.text, paths.front())));
    return static_cast<FunctionId>(first);
}

template <typename Id>
Id Resolver::find(Table<Id> const& table, ast::File const& file, ast::Word const& name) {
    auto const found = table.ids.find(name.text);
    if (found != table.ids.end()) {
        return found->second;
    }
    report(diagnostic_at(file, name, fmt::format("no {} \"{}\" is declared", table.what, name.text),
                         suggestion(name.text, table.names)));
    return kNone<Id>;
}

GuardId Resolver::guard(ast::File const& file, ast::Word const& name) {
    return find(guards_, file, name);
}
EffectId Resolver::effect(ast::File const& file, ast::Word const& name) {
    return find(effects_, file, name);
}
CollectionId Resolver::collection(ast::File const& file, ast::Word const& name) {
    return find(collections_, file, name);
}
FunctionSource Resolver::set(ast::File const& file, ast::Word const& name) {
    auto const found = sets_.find(name.text);
    if (found != sets_.end()) {
        return found->second;
    }
    std::vector<std::string_view> names;
    for (auto const& [known, source] : sets_) {
        names.push_back(known);
    }
    std::ranges::sort(names);
    report(diagnostic_at(file, name, fmt::format("no set \"{}\" is declared", name.text),
                         suggestion(name.text, names)));
    return {};
}
ConditionId Resolver::condition(ast::File const& file, ast::Word const& name) {
    return find(conditions_, file, name);
}

} // namespace kflow::model
