// An address space's end, for more or fewer mappings than were seen.
#include "sim/trace/resized_shape.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace kflow;
using namespace kflow::trace;

namespace {

/// exit_mmap of five mappings: one of a file, four private ones, of which two were written to.
struct End {
    CallShapes shapes;
    CallShapes::Id page = shapes.add(Name("folio_remove_rmap_ptes"), {});
    CallShapes::Id untouched = shapes.add(Name("unmap_page_range"), {});
    CallShapes::Id touched = shapes.add(Name("unmap_page_range"), {page, page});
    CallShapes::Id uprobe = shapes.add(Name("uprobe_munmap"), {});
    CallShapes::Id resched = shapes.add(Name("__cond_resched"), {});
    CallShapes::Id unmap = shapes.add(
        Name("unmap_vmas"), {resched, uprobe, untouched, touched, untouched, touched, untouched});
    CallShapes::Id unlink = shapes.add(Name("unlink_anon_vmas"), {});
    CallShapes::Id file = shapes.add(Name("unlink_file_vma"), {});
    CallShapes::Id tables =
        shapes.add(Name("free_pgtables"), {unlink, file, unlink, unlink, unlink, unlink});
    CallShapes::Id remove = shapes.add(Name("remove_vma"), {});
    CallShapes::Id end =
        shapes.add(Name("exit_mmap"), {unmap, tables, remove, resched, remove, resched, remove,
                                       resched, remove, resched, remove, resched});

    std::size_t count(ResizedShape const& resized, CallShapes::Id list, std::string_view symbol) {
        auto const& calls = resized.calls(list);
        return static_cast<std::size_t>(std::ranges::count_if(
            calls, [&](auto call) { return shapes[call].symbol.view() == symbol; }));
    }
};

} // namespace

TEST_CASE("an address space ends with as many mappings as it has") {
    End end;
    REQUIRE(end.shapes[end.end].unmapped == 5);
    for (std::uint32_t const mappings : {3U, 4U, 5U, 6U, 40U}) {
        ResizedShape const resized(end.shapes, end.end, mappings);
        CHECK(end.count(resized, end.unmap, "unmap_page_range") == mappings);
        CHECK(end.count(resized, end.tables, "unlink_anon_vmas") == mappings);
        CHECK(end.count(resized, end.end, "remove_vma") == mappings);
        CHECK(end.count(resized, end.end, "__cond_resched") == mappings);
    }
}

TEST_CASE("what is done more or less often is what is done for a mapping that nobody wrote to") {
    End end;
    ResizedShape const more(end.shapes, end.end, 7);
    CHECK(more.calls(end.unmap) == std::vector{end.resched, end.uprobe, end.untouched,
                                               end.untouched, end.untouched, end.touched,
                                               end.untouched, end.touched, end.untouched});
    CHECK(end.count(more, end.tables, "unlink_file_vma") == 1);
    ResizedShape const fewer(end.shapes, end.end, 4);
    CHECK(fewer.calls(end.unmap) == std::vector{end.resched, end.uprobe, end.touched, end.untouched,
                                                end.touched, end.untouched});
    CHECK(fewer.calls(end.page).empty());
}
