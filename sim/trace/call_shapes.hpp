#pragma once
// Whole calls as captures showed them, for runs at full depth: model/builds/NAME/shapes.zst, made
// by `kflow learn` (docs/LEARN.md specifies the file).
//
// A shape is a function with all that was called below it. Equal ones are kept once, so that four
// to five million calls are some eleven thousand shapes. Each is known by the places where it was
// seen: by whom the function was called, for which time, in what kind of task, in which capture.

#include "sim/base/diagnostic.hpp"
#include "sim/base/random.hpp"
#include "sim/base/types.hpp"
#include "sim/trace/name.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace kflow::trace {

class CallShapes {
public:
    using Id = std::uint32_t;

    struct Shape {
        Name symbol;
        std::vector<Id> calls; ///< in order; each of them stands before this one
        /// Memory mappings that are taken down below it (unlink_anon_vmas, mm/memory.c,
        /// free_pgtables).
        std::uint32_t unmapped = 0;
        /// Mappings that are made below it, less those that are freed (vm_area_alloc, vm_area_dup
        /// and vm_area_free, kernel/fork.c, on 7.2 mm/vma_init.c).
        std::int32_t mapped = 0;
        /// Works that are put off (task_work_add, kernel/task_work.c).
        std::uint32_t works = 0;
        /// A task of another class than the fair one is taken off a run queue below it
        /// (dequeue_task_rt, dequeue_task_dl).
        bool is_of_rank = false;
    };

    /// What stands in a shape for a call that a run makes itself: `@schedule`. The function that it
    /// is seen as is named for it: `do_sys_poll@schedule`.
    static Name hole(Name function);
    static Name with_hole(Name symbol, Name function);
    bool is_hole(Id shape) const { return shapes_[shape].symbol.view().starts_with('@'); }

    /// So many callers of a place are told apart.
    static constexpr std::size_t kCallers = 4;

    struct Place {
        std::vector<Name> chain; ///< the function's symbol, then its callers', innermost first
        std::uint32_t nth = 0;   ///< how often its caller had called it before
        bool has_execed = true;  ///< the task runs a program of its own (PF_FORKNOEXEC is not set)
        auto operator<=>(Place const&) const = default;
    };

    struct Sighting {
        std::uint32_t capture = 0; ///< index of captures()
        Id shape = 0;
        std::uint32_t times = 1; ///< that this capture had it there
    };

    /// Of the text that text() gives; `file` names it in the diagnostic.
    static std::variant<CallShapes, Diagnostic> from_text(std::string_view text,
                                                          std::string const& file);
    /// Reads model_dir/builds/NAME/shapes.zst. Nothing if the build has no such file.
    static std::variant<std::optional<CallShapes>, Diagnostic> load(std::string const& model_dir,
                                                                    std::string_view build);

    /// The same captures give the same text, in whatever order they were added.
    std::string text(std::string_view build) const;

    bool has(std::string_view capture) const;
    std::uint32_t add_capture(std::string name);
    Id add(Name symbol, std::vector<Id> calls);
    void see(Place const& place, Sighting sighting);
    /// What a function itself took before, between and behind its calls, each, in the mean.
    void spend(Name symbol, Nanos self);

    Shape const& operator[](Id shape) const { return shapes_[shape]; }
    std::size_t size() const { return shapes_.size(); }
    std::vector<std::string> const& captures() const { return captures_; }
    /// Whether a capture is of a program, as its file's name says (PROGRAM.graph.trace): `comm` is
    /// what the kernel keeps of the program's name, 15 bytes at most (TASK_COMM_LEN).
    bool is_of_program(std::uint32_t capture, std::string_view comm) const;

    /// What was seen at the places most like that one, one place after the other; empty if the
    /// function never was. Callers that its chain does not name may be any.
    std::vector<Sighting> most_alike(Place const& place) const;

    /// The power of two, in ns, that `part` of `whole` of a function's own times between two calls
    /// are below. Nothing if none was seen.
    std::optional<Nanos> own_time(Name symbol, std::uint64_t part, std::uint64_t whole) const;

    /// A function's own time between two calls, as often as captures had it, but for the longest
    /// one in a thousand: there the machine below the kernel had stood still.
    Nanos draw_time(Name symbol, Random& random) const;

private:
    /// How often a function took 2^n to 2^(n+1) ns.
    static constexpr std::size_t kOctaves = 32;
    using Times = std::array<std::uint32_t, kOctaves>;
    struct Hash {
        std::size_t operator()(std::pair<Name, std::vector<Id>> const& shape) const;
    };
    class Numbering;
    class Reader;

    std::vector<std::string> captures_;
    std::vector<Shape> shapes_;
    std::unordered_map<std::pair<Name, std::vector<Id>>, Id, Hash> known_; ///< for lookups only
    using Shown = std::pair<std::uint32_t, Id>;                            ///< by which capture
    std::map<Name, std::map<Place, std::map<Shown, std::uint32_t>>> seen_; ///< times, by function
    std::map<Name, Times> times_;
};

} // namespace kflow::trace
