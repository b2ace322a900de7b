#include "sim/view/sequence.hpp"

#include "sim/view/dot.hpp"
#include "sim/view/process_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow::view {

namespace {

constexpr std::size_t kKernelLane = 1; // between the first parent and its children

/// One row: an arrow from lane to lane.
struct Message {
    Nanos at;
    std::size_t from = kKernelLane;
    std::size_t to = kKernelLane;
    std::string text;
};

/// One process's lane. Rows count from 0; a lane without a first row begins at the top.
struct Lane {
    Process const* process = nullptr; ///< none: the kernel
    std::optional<std::size_t> born{};
    std::optional<std::size_t> died{};
    std::optional<std::size_t> reaped{};
};

class Collector {
public:
    explicit Collector(std::vector<Process> const& processes, Language language)
        : korean_(language == Language::korean), language_(language) {
        for (auto const& p : processes) {
            lanes_.push_back({&p});
        }
        lanes_.insert(lanes_.begin() + (lanes_.empty() ? 0 : 1), Lane{});
    }

    void collect() {
        for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
            if (lanes_[lane].process) {
                life(*lanes_[lane].process, lane);
            }
        }
        std::ranges::stable_sort(rows_, {}, [](Row const& row) { return row.message.at; });
        for (std::size_t n = 0; n < rows_.size(); ++n) {
            if (rows_[n].mark) {
                lanes_[rows_[n].lane].*rows_[n].mark = n;
            }
        }
    }

    std::vector<Lane> const& lanes() const { return lanes_; }
    Message const& message(std::size_t row) const { return rows_[row].message; }
    std::size_t size() const { return rows_.size(); }

private:
    /// A message, and what its row is in the life of a lane.
    struct Row {
        Message message;
        std::size_t lane = 0;
        std::optional<std::size_t> Lane::*mark = nullptr;
    };

    void life(Process const& p, std::size_t lane) {
        if (p.parent && p.born) {
            if (auto const parent = lane_of(*p.parent); parent != kKernelLane) {
                auto const kind = p.clone_flags ? clone_text(p.clone_flags) : "";
                add({*p.born, parent, kKernelLane,
                     kind.starts_with("clone") || kind.empty()
                         ? "clone"
                         : fmt::format("clone ({})", kind.substr(0, kind.find('\n')))});
            }
            add({*p.born, kKernelLane, lane, "wake_up_new_task"}, lane, &Lane::born);
        }
        for (auto const& exec : p.execs) {
            add({exec.at, lane, kKernelLane, "execve " + exec.path});
        }
        for (auto const& signal : p.signals) {
            sent(signal, p.pid, lane);
        }
        if (p.died) {
            add({*p.died, lane, kKernelLane, "do_exit: " + ending_text(p, language_)}, lane,
                &Lane::died);
        }
        if (p.reaped && p.reaped_by) {
            add({*p.reaped, kKernelLane, lane_of(*p.reaped_by),
                 fmt::format(fmt::runtime(korean_ ? "{}번 회수" : "reaps {}"), p.pid.value)},
                lane, &Lane::reaped);
        }
    }

    void sent(Signal const& signal, Pid target, std::size_t lane) {
        auto const name = signal_text(signal.number);
        std::string text =
            fmt::format(fmt::runtime(korean_ ? "{} → {}번" : "{} to {}"), name, target.value);
        if (signal.ignored) {
            text += korean_ ? " (무시됨)" : " (ignored)";
        }
        add({signal.sent, lane_of(signal.from), kKernelLane, text});
        if (signal.delivered) {
            add({*signal.delivered, kKernelLane, lane,
                 name + (korean_ ? " 전달됨" : " delivered")});
        }
    }

    void add(Message message, std::size_t lane = 0,
             std::optional<std::size_t> Lane::*mark = nullptr) {
        rows_.push_back({std::move(message), lane, mark});
    }

    /// The kernel's own lane for a task that is not drawn.
    std::size_t lane_of(Pid pid) const {
        for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
            if (lanes_[lane].process && lanes_[lane].process->pid == pid) {
                return lane;
            }
        }
        return kKernelLane;
    }

    bool korean_;
    Language language_;
    std::vector<Lane> lanes_;
    std::vector<Row> rows_;
};

/// Lanes side by side, messages below each other: every place is known, so nothing is left to a
/// layout (neato takes pinned places).
class SequenceDrawing {
public:
    SequenceDrawing(Collector const& found, Language language)
        : found_(found), language_(language),
          dot_("sequence", {{"layout", "neato"}, {"fontname", "Helvetica"}, {"splines", "line"}}) {}

    std::string draw() {
        dot_.node_defaults({{"shape", "point"}, {"width", "0.04"}, {"fontname", "Helvetica"}});
        dot_.edge_defaults({{"fontname", "Helvetica"}, {"fontsize", "10"}});
        for (std::size_t lane = 0; lane < found_.lanes().size(); ++lane) {
            life_line(lane);
        }
        for (std::size_t row = 0; row < found_.size(); ++row) {
            message(row);
        }
        return dot_.finish();
    }

private:
    static constexpr double kLaneInches = 2.4;
    static constexpr double kRowInches = 0.36;
    static constexpr double kTextInches = 0.1; ///< a label above its arrow

    static std::string place(double x, double y) { return fmt::format("{:.2f},{:.2f}!", x, y); }
    static double x_of(std::size_t lane) { return static_cast<double>(lane) * kLaneInches; }
    static double y_of(std::size_t row) { return -static_cast<double>(row + 2) * kRowInches; }

    void line(std::string const& from, std::string const& to, std::string const& style) {
        dot_.edge(from, to, {{"style", style}, {"arrowhead", "none"}, {"color", "#999999"}});
    }

    /// Its head, at its birth, and what follows: a life, and a time as a zombie.
    void life_line(std::size_t n) {
        auto const& lane = found_.lanes()[n];
        auto const id = fmt::format("lane_{}", n);
        std::string label = language_ == Language::korean ? "커널" : "kernel";
        std::string color = "#dddddd";
        if (lane.process) {
            label = fmt::format("{}\npid {}", title_of(*lane.process), lane.process->pid.value);
            color = lane.process->thread ? "#e8eef8" : "#ffffff";
        }
        dot_.node(id, {{"shape", "box"},
                       {"style", "filled"},
                       {"fillcolor", color},
                       {"fontsize", "12"},
                       {"label", label},
                       {"pos", place(x_of(n), 0)}});
        auto const bottom = found_.size();
        auto const stop = [&](std::string_view what, std::size_t row, std::string const& shape) {
            auto name = fmt::format("lane_{}_{}", n, what);
            dot_.node(name, {{"pos", place(x_of(n), y_of(row))}, {"shape", shape}, {"label", ""}});
            return name;
        };
        auto from = id;
        if (lane.born) {
            from = stop("born", *lane.born, "point");
            line(id, from, "invis");
        }
        auto const died = stop("died", lane.died.value_or(bottom), "point");
        line(from, died, "solid");
        if (lane.died && lane.reaped) {
            line(died, stop("reaped", std::max(*lane.reaped, *lane.died), "point"), "dotted");
        } else if (lane.died) {
            line(died, stop("end", bottom, "point"), "dotted");
        }
    }

    void message(std::size_t row) {
        auto const& m = found_.message(row);
        auto const y = y_of(row);
        dot_.node(fmt::format("t_{}", row), {{"shape", "plaintext"},
                                             {"fontsize", "11"},
                                             {"label", seconds(m.at)},
                                             {"pos", place(-1.4, y)}});
        auto const from = fmt::format("from_{}", row);
        auto const to = fmt::format("to_{}", row);
        dot_.node(from, {{"pos", place(x_of(m.from), y)}});
        dot_.node(to, {{"pos", place(x_of(m.to), y)}});
        dot_.edge(from, to);
        // Above the arrow, beside its sender: there it crosses no other lane.
        double const side = m.to < m.from ? -0.5 : 0.5;
        dot_.node(fmt::format("text_{}", row),
                  {{"shape", "plaintext"},
                   {"fontsize", "10"},
                   {"width", "0"},
                   {"height", "0"},
                   {"margin", "0"},
                   {"label", m.text},
                   {"pos", place(x_of(m.from) + side * kLaneInches, y + kTextInches)}});
    }

    Collector const& found_;
    Language language_;
    DotWriter dot_;
};

} // namespace

std::string sequence_dot(std::vector<Process> const& processes, Selection const& selection) {
    auto const chosen = select_processes(processes, selection);
    Collector found(chosen, selection.language);
    found.collect();
    return SequenceDrawing(found, selection.language).draw();
}

} // namespace kflow::view
