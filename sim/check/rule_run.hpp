#pragma once
// One rule of the lifecycle, followed for all its objects: tasks, CPUs, or signals of groups.

#include "sim/check/births.hpp"
#include "sim/check/lifecycle.hpp"
#include "sim/check/sight.hpp"

#include <optional>
#include <unordered_map>
#include <vector>

namespace kflow::check {

/// What it is made of must outlive it.
class RuleRun {
public:
    RuleRun(LifecycleRule const& rule, Births const& births);

    /// Whether some edge is of any line.
    bool looks_at_lines() const { return lines_count_; }
    /// Any line of a task. Most say nothing new of it.
    void see_line(Sight const& sight, std::vector<Violation>& violations);
    /// An event of that name.
    void see(Sight const& sight, trace::Name name, std::vector<Violation>& violations);

    /// Events were lost: nothing is known of any object.
    void forget();
    std::size_t objects() const { return automats_.size(); }

private:
    /// Whose automaton it is: a task's or a CPU's number, or a group's with that of a signal.
    struct Object {
        Value number;
        std::optional<Value> signal;
        bool operator==(Object const&) const = default;
    };
    struct ObjectHash {
        std::size_t operator()(Object const& object) const {
            return object.number.hash() + (object.signal ? object.signal->hash() * 7919 : 0);
        }
    };
    struct Automat {
        std::size_t state = 0;
        std::uint32_t since = 0;
        std::optional<Value> remembered;
    };
    /// An edge of the rule, as it is looked up.
    struct Edge {
        struct Condition {
            FieldName field;
            bool negate = false;
            bool is_remembered = false;
            std::vector<Value> values; ///< any of them
        };
        LifecycleEdge const* edge = nullptr;
        FieldName key;
        std::vector<Condition> conditions;
        std::optional<FieldName> remember;

        explicit Edge(LifecycleEdge const& of_rule);
    };

    std::optional<Object> key_of(Edge const& edge, Sight const& sight) const;
    std::size_t start(Object const& object) const;
    static bool holds(Edge const& edge, Automat const& automat, Sight const& sight);
    void move(Object const& object, Automat& automat, Edge const& edge, Sight const& sight,
              std::vector<Violation>& violations);
    std::string name_of(Object const& object) const;

    LifecycleRule const& rule_;
    Births const& births_;
    std::unordered_map<trace::Name, std::vector<Edge>, trace::NameHash> edges_; ///< by event
    std::unordered_map<Object, Automat, ObjectHash> automats_;
    bool lines_count_ = false;
    bool are_lines_plain_ = true; ///< and nothing but the task decides whether it fits
    std::vector<char> quiet_;     ///< by pid: since any automaton moved last, it had a line
};

} // namespace kflow::check
