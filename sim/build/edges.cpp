// The projection: what a call of the source looks like in this build. The rules are
// docs/BUILD_FACTS.md's; scripts/lib/mask.py computes the mask's exceptions against the same ones.
#include "sim/build/build_data.hpp"
#include "sim/build/call_site_text.hpp"

#include <algorithm>

namespace kflow::build {

namespace {

bool is_header(std::string_view file) {
    return file.ends_with(".h");
}

void sort_out(std::vector<std::string_view>& names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
}

/// What the Image says that the out-of-line code of a function calls, its clones and parts
/// included.
struct ImageCallees {
    bool known = false;
    std::vector<std::string_view> names; ///< sorted

    bool calls(std::string_view symbol) const {
        return std::binary_search(names.begin(), names.end(), symbol);
    }
};

ImageCallees image_callees(BuildFacts::Data& data, std::string_view outer, std::string_view file) {
    ImageCallees found;
    if (outer.empty()) {
        return found;
    }
    for (auto const& record : data.records_of(outer, is_header(file) ? "" : file, true)) {
        auto const& sites = data.sites_of(record.symbol);
        found.known = found.known || !sites.empty();
        add_callees(sites, found.names);
    }
    sort_out(found.names);
    return found;
}

/// What the parts of inlined functions call that the code calls: the tails of heads that it holds,
/// so that a body that stands in it may show what is called there.
std::vector<std::string_view> tail_callees(BuildFacts::Data& data, ImageCallees const& outer) {
    std::vector<std::string_view> names;
    for (auto const name : outer.names) {
        if (is_part_symbol(name)) {
            for (auto const& record : data.records_named(name)) {
                add_callees(data.sites_of(record.symbol), names);
            }
        }
    }
    sort_out(names);
    return names;
}

/// One question, with what is looked up for it once.
class Projection {
public:
    Projection(BuildFacts::Data& data, Edge const& edge)
        : data_(data), edge_(edge),
          outer_file_(edge.outer_file.empty() ? edge.caller_file : edge.outer_file),
          unit_(data.mask.unit(outer_file_)) {
        find_records();
    }

    Visibility answer() {
        if (auto const* rule = data_.mask.rule(unit_, edge_.caller, edge_.callee, edge_.outer)) {
            return by_rule(*rule);
        }
        if (records_.empty()) {
            return inlined("symbols");
        }
        if (is_home_ && !is_copy_) {
            if (auto const why = data_.mask.home_inlined(unit_, edge_.callee); !why.empty()) {
                return inlined(why);
            }
        }
        bool const judged_by_dwarf = data_.mask.has_dwarf(unit_);
        if (is_copy_ && judged_by_dwarf) {
            return inlined("default");
        }
        // A header may define for most files what one file has out of line, for modules (7.2's
        // migrate_disable): so the Image is asked of that as well.
        bool const may_be_inlined =
            is_home_ || is_of_unknown_file() || is_header(edge_.callee_file);
        if (is_copy_ || (may_be_inlined && !judged_by_dwarf)) {
            return by_image();
        }
        return called(EdgeKind::visible, "default");
    }

    Possibility possible() const {
        auto const traced = [](SymbolRecord const& record) { return record.symbol.traced; };
        Possibility result;
        result.may_be_called = !records_.empty();
        result.may_be_inlined = records_.empty() || is_home_ || is_copy_;
        result.traced = std::any_of(records_.begin(), records_.end(), traced);
        result.has_part = std::any_of(parts_.begin(), parts_.end(), traced);
        return result;
    }

private:
    /// Which symbols can be meant: those of the callee's file, or, for a header's function,
    /// functions proper before this file's copy.
    void find_records() {
        if (!edge_.callee_file.empty() && !is_header(edge_.callee_file)) {
            records_ = data_.records_of(edge_.callee, edge_.callee_file, true);
            is_home_ = data_.mask.unit(edge_.callee_file) == unit_;
        } else {
            find_without_file();
        }
        auto const split =
            std::stable_partition(records_.begin(), records_.end(), [](SymbolRecord const& r) {
                return !is_part_symbol(r.symbol.name);
            });
        parts_.assign(split, records_.end());
        records_.erase(split, records_.end());
    }

    /// A tracepoint's iterator is made by a macro; without DWARF nothing says in which file.
    bool is_of_unknown_file() const {
        return edge_.callee_file.empty() &&
               std::all_of(records_.begin(), records_.end(),
                           [](SymbolRecord const& record) { return record.symbol.file.empty(); });
    }

    void find_without_file() {
        std::vector<SymbolRecord> copies;
        auto const take = [&](SymbolRecord const& record) {
            if (!record.is_copy) {
                records_.push_back(record);
            } else if (data_.mask.unit(record.symbol.file) == unit_) {
                copies.push_back(record);
            }
        };
        data_.core.each_of(edge_.callee, take);
        if (records_.empty() && copies.empty() && edge_.callee_file.empty()) {
            data_.more().each_of(edge_.callee, take);
        }
        auto const at_home = [this](SymbolRecord const& record) {
            return data_.mask.unit(record.symbol.file) == unit_;
        };
        is_copy_ = records_.empty() && !copies.empty();
        if (is_copy_) {
            records_ = copies;
        } else if (std::any_of(records_.begin(), records_.end(), at_home)) {
            std::erase_if(records_, [&](SymbolRecord const& record) { return !at_home(record); });
            is_home_ = true;
        }
    }

    Visibility by_rule(MaskRule const& rule) {
        if (rule.kind == MaskKind::inlined) {
            return inlined(rule.provenance);
        }
        if (records_.empty()) {
            records_ = data_.records_of(data_.mask.renamed(edge_.callee), "", false);
        }
        return called(rule.kind == MaskKind::either ? EdgeKind::either : EdgeKind::visible,
                      rule.provenance);
    }

    /// No DWARF was read for this file: whether the code that holds the call branches to the callee
    /// decides.
    Visibility by_image() {
        auto const& image = outer_callees();
        if (!image.known) {
            return is_copy_ ? inlined("default") : called(EdgeKind::visible, "default");
        }
        auto const is_record_of = [this](auto const& calls) {
            return std::any_of(records_.begin(), records_.end(), [&](SymbolRecord const& record) {
                return calls(record.symbol.name);
            });
        };
        if (is_record_of([&](std::string_view symbol) { return image.calls(symbol); })) {
            return called(EdgeKind::visible, "Image");
        }
        auto const tails = tail_callees(data_, image);
        if (is_record_of([&](std::string_view symbol) {
                return std::binary_search(tails.begin(), tails.end(), symbol);
            })) {
            return called(EdgeKind::either, "Image");
        }
        return inlined("Image");
    }

    ImageCallees const& outer_callees() {
        if (!image_) {
            image_ = image_callees(data_, edge_.outer, outer_file_);
        }
        return *image_;
    }

    Visibility inlined(std::string_view why) {
        Visibility result;
        result.provenance = why;
        add_parts(result);
        return result;
    }

    Visibility called(EdgeKind kind, std::string_view why) {
        Visibility result;
        result.provenance = why;
        add_parts(result);
        if (records_.empty()) {
            return result; // a call of a symbol that kallsyms does not have: nothing can be shown
        }
        auto const& symbol = chosen().symbol;
        result.symbol = symbol.name;
        result.code = symbol;
        result.traced = symbol.traced;
        result.kind = kind == EdgeKind::visible && !symbol.traced ? EdgeKind::hidden : kind;
        return result;
    }

    /// Of several clones the one that the outer function calls, else the plain name, which comes
    /// first.
    SymbolRecord const& chosen() {
        if (records_.size() > 1 && outer_callees().known) {
            for (auto const& record : records_) {
                if (image_->calls(record.symbol.name)) {
                    return record;
                }
            }
        }
        return records_.front();
    }

    void add_parts(Visibility& result) {
        for (auto const& part : parts_) {
            if (!outer_callees().known || image_->calls(part.symbol.name)) {
                result.parts.push_back(part.symbol.name);
            }
        }
    }

    BuildFacts::Data& data_;
    Edge const& edge_;
    std::string_view outer_file_;
    std::string_view unit_;
    std::vector<SymbolRecord> records_;
    std::vector<SymbolRecord> parts_;
    bool is_home_ = false; ///< the callee is of the same compiled file
    bool is_copy_ = false; ///< the only symbol is this file's own copy of a header's function
    std::optional<ImageCallees> image_;
};

} // namespace

Visibility BuildFacts::edge(Edge const& edge) const {
    return Projection(*data_, edge).answer();
}

Possibility BuildFacts::possible(Edge const& edge) const {
    return Projection(*data_, edge).possible();
}

std::string_view BuildFacts::unit(std::string_view file) const {
    return data_->mask.unit(file);
}

Visibility BuildFacts::called(std::string_view function, std::string_view file) const {
    Visibility result;
    result.provenance = "symbols";
    if (auto const symbol = symbol_of(function, file)) {
        result.kind = symbol->traced ? EdgeKind::visible : EdgeKind::hidden;
        result.symbol = symbol->name;
        result.code = symbol;
        result.traced = symbol->traced;
    }
    return result;
}

} // namespace kflow::build
