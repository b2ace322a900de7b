#pragma once
// Private to resolve: the state of the compilation of one body.
//
// compile_function.cpp drives and compiles steps (calls, effects, …), compile_blocks.cpp what has a
// block, compile_jumps.cpp labels, ways back and the cleanup ladder.

#include "sim/model/resolver.hpp"

namespace kflow::model {

class FunctionCompiler {
public:
    FunctionCompiler(Resolver& resolver, FunctionId id);
    void run();

private:
    /// For the lines of a set that the function uses.
    FunctionCompiler(FunctionCompiler const& user, FunctionSource const& set);

    static constexpr Pc kUnknown = ~Pc{0};

    /// An enclosing block, from the function's outermost to the innermost.
    struct Scope {
        enum class Kind : std::uint8_t { condition, each, loop, maybe, failure } kind;
        Instruction branch;        ///< condition: the branch that leads into it
        Pc begin = 0;              ///< each: its each_next; loop: its first instruction
        std::vector<Pc> leaves;    ///< instructions whose target is the block's end
        std::vector<Pc> rounds;    ///< instructions whose target is the way back
        std::uint32_t each_id = 0; ///< unique in the function
    };

    struct LabelState {
        ast::Word name;
        Pc pc = kUnknown;
        bool used = false;
        std::size_t rungs = 0;               ///< undo steps before it
        std::vector<std::uint32_t> each_ids; ///< the `each` blocks around it
    };

    /// A jump to a label, known when the label is.
    struct LabelJump {
        Pc instruction = 0;
        ast::Word name;
        std::size_t rungs = 0;
        std::vector<std::uint32_t> each_ids;
    };

    /// A jump into the ladder: all undo steps below `rungs` run, the last first.
    struct LadderJump {
        Pc instruction = 0;
        std::size_t rungs = 0;
    };

    struct Rung {
        ast::Block block = ast::kNoIndex;
        std::vector<Instruction> branches; ///< the conditions around the step, the outermost first
        std::uint32_t line = 0;
        Pc entry = 0;
    };

    /// `else fail EAGAIN`: sets the error on its way to the ladder.
    struct Stub {
        Pc instruction = 0;
        ErrnoId error = kNone<ErrnoId>;
        std::size_t rungs = 0;
        std::uint32_t line = 0;
        std::uint32_t column = 0;
    };

    // compile_function.cpp
    void block(ast::Block first);
    void inside(Context context, ast::Block first);
    void statement(ast::Statement const& s);
    void call(ast::Statement const& s);
    void via(ast::Statement const& s);
    std::vector<ViaMember> members_of(ast::Statement const& s);
    void add_members(ast::Statement const& s, std::vector<ViaMember>& members);
    void effect(ast::Statement const& s);
    void syscall(ast::Statement const& s);
    void step(ast::Statement const& s, Instruction instruction);
    void failure(ast::Statement const& s, Pc step);
    void failure_elsewhere(ast::Statement const& s, Pc step);
    void emit_event(ast::Statement const& s);
    void wait(ast::Statement const& s);
    void fail(ast::Statement const& s);
    void ret(ast::Statement const& s);
    void ladder_forbids(ast::Statement const& s);
    Range bindings(ast::Range range);
    void check_roles(ast::Range given, Range known, std::string_view what, std::string_view name);
    /// The same for a collection or a condition, which knows the one role behind its `of`, or none.
    void check_owner(ast::Statement const& s, RoleId owner, std::string_view kind);
    Instruction make(Op op, ast::Statement const& s);
    Pc add(Instruction const& instruction);
    Pc here() const { return static_cast<Pc>(code().size()); }
    std::vector<Instruction>& code() { return program_.code.own(); }
    std::vector<Instruction> const& code() const { return program_.code.own(); }
    void error(ast::Word const& place, std::string message, std::string hint = "");
    ErrnoId error_number(ast::Word const& name);
    void undo_program();

    // compile_blocks.cpp
    void condition(ast::Statement const& s);
    void each(ast::Statement const& s);
    void loop(ast::Statement const& s);
    void maybe(ast::Statement const& s);
    Instruction branch(ast::Word const& guard, bool negate, ast::Range given, Instruction base);
    void check_guard_bindings(GuardId guard, ast::Range given);
    void otherwise(ast::Statement const& s, Pc test, Scope scope);
    void close_round(ast::Statement const& s, Scope& scope, Pc back);
    void leave(ast::Statement const& s);

    // compile_jumps.cpp
    Scope* target_scope(std::string_view word, ast::Word const& place);
    void label(ast::Statement const& s);
    void go(ast::Statement const& s);
    void jump_to_label(Pc instruction, ast::Word const& name);
    void resolve_labels();
    void resolve_label(LabelJump const& jump);
    void check_label_jump(LabelJump const& jump, LabelState const& target);
    void add_rung(ast::Statement const& s);
    void close_body();
    void build_ladder();
    void build_rung(Rung& rung);
    Range guards_asked(Pc begin, Pc end);
    std::vector<std::uint32_t> each_ids() const;
    LabelState& label_state(ast::Word const& name);

    Resolver& resolver_;
    Program& program_;
    FunctionId id_;
    ast::File const& file_;
    ast::Declaration const& declaration_;
    Pc entry_ = 0;
    bool in_ladder_ = false;
    bool failed_ = false;
    std::vector<Scope> scopes_;
    std::vector<LabelState> labels_;
    std::vector<LabelJump> label_jumps_;
    std::vector<LadderJump> ladder_jumps_;
    std::vector<Rung> rungs_;
    std::vector<Stub> stubs_;
    std::uint32_t context_ = ~std::uint32_t{0}; ///< innermost block: of Program::contexts
    std::uint32_t each_count_ = 0;
    std::uint16_t slots_in_use_ = 0;
};

} // namespace kflow::model
