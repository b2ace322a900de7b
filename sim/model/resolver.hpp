#pragma once
// Private to resolve: the names of one build, and what they stand for.

#include "sim/model/interner.hpp"
#include "sim/model/reporter.hpp"
#include "sim/model/resolve.hpp"

namespace kflow::model {

/// A function with a body, or a set: where it was written.
struct FunctionSource {
    ast::File const* file = nullptr;
    ast::Declaration const* declaration = nullptr;
};

/// Gathers the declarations that hold for the target and answers what a name means in them.
class Resolver {
public:
    Resolver(std::shared_ptr<Model const> model, Target const& target, Resolution& out);
    void run();

    // For FunctionCompiler.
    Program& program() { return program_; }
    bool holds(ast::File const& file, ast::Range bounds) const;
    void report(Diagnostic diagnostic) { out_.diagnostics.push_back(std::move(diagnostic)); }
    void add_label(Label const& label) { out_.labels.push_back(label); }

    RoleId role(std::string_view name) { return roles_.intern(name); }
    std::string_view role_name(RoleId id) const { return roles_.names()[index_of(id)]; }
    EventId event(std::string_view name) { return events_.intern(name); }
    ErrnoId error_number(std::string_view name) { return errnos_.intern(name); }
    ReasonId reason(std::string_view text) { return reasons_.intern(text); }
    DocId doc(ast::Doc const& doc);

    /// The function that a call in `file` means; a leaf is made where nobody wrote a body. An
    /// ambiguous name is reported.
    FunctionId callee(ast::File const& file, ast::Word const& name, ast::Word const& at);
    // kNone and a diagnostic with the nearest name if it is not declared for this build.
    GuardId guard(ast::File const& file, ast::Word const& name);
    EffectId effect(ast::File const& file, ast::Word const& name);
    CollectionId collection(ast::File const& file, ast::Word const& name);
    ConditionId condition(ast::File const& file, ast::Word const& name);
    /// No declaration and a diagnostic if there is no such set.
    FunctionSource set(ast::File const& file, ast::Word const& name);

    FunctionSource const& source(FunctionId id) const { return sources_[index_of(id)]; }

private:
    template <typename Id>
    struct Table {
        NameMap<Id> ids;
        std::vector<std::string_view> names;
        std::string_view what;
    };

    void declare(ast::File const& file, FileId id);
    void declare_function(ast::File const& file, FileId id, ast::Declaration const& d);
    void declare_set(ast::File const& file, ast::Declaration const& d);
    void declare_name(ast::File const& file, FileId id, ast::Declaration const& d);
    template <typename Id>
    bool declare_in(Table<Id>& table, ast::File const& file, ast::Declaration const& d,
                    std::size_t index);
    template <typename Id>
    Id find(Table<Id> const& table, ast::File const& file, ast::Word const& name);
    Range role_list(ast::File const& file, ast::Range words);
    void duplicate(ast::File const& file, ast::Word const& name, std::string_view first_file,
                   std::uint32_t first_line);
    FunctionId leaf(std::string_view name);
    FunctionId choose(ast::File const& file, ast::Word const& name, ast::Word const& at,
                      std::uint32_t first);

    std::shared_ptr<Model const> model_;
    Target const& target_;
    Resolution& out_;
    Program& program_;
    Interner<RoleId> roles_;
    Interner<EventId> events_;
    Interner<ErrnoId> errnos_;
    Interner<ReasonId> reasons_;
    Table<GuardId> guards_{{}, {}, "guard"};
    Table<EffectId> effects_{{}, {}, "effect"};
    Table<CollectionId> collections_{{}, {}, "collection"};
    Table<ConditionId> conditions_{{}, {}, "condition"};
    NameMap<FunctionSource> sets_;
    NameMap<std::uint32_t> first_of_name_;    ///< index into functions
    std::vector<std::uint32_t> next_of_name_; ///< chains functions with a body and one name
    std::vector<FunctionSource> sources_;     ///< beside Program::functions
};

} // namespace kflow::model
