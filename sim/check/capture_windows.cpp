#include "sim/check/capture_windows.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace kflow::check {
namespace {

constexpr std::size_t kBlock = 1 << 20;

} // namespace

CaptureWindows::CaptureWindows(std::string const& file, std::size_t bytes)
    : bytes_(bytes), reader_(file) {
    auto opened = InputStream::open(file);
    if (auto* const wrong = std::get_if<Diagnostic>(&opened)) {
        problem_ = std::move(*wrong);
    } else {
        input_ = std::get<InputStream>(std::move(opened));
    }
    reading_ = std::thread([this] { read_all(); });
    building_ = std::thread([this] { build_all(); });
}

CaptureWindows::~CaptureWindows() {
    were_built_.close();
    were_read_.close();
    for (auto* const thread : {&building_, &reading_}) {
        if (thread->joinable()) {
            thread->join();
        }
    }
}

std::optional<Window> CaptureWindows::next() {
    return were_built_.take();
}

void CaptureWindows::read_all() {
    auto window = read();
    while (window && were_read_.put(std::move(*window))) {
        window = read();
    }
    were_read_.close();
}

void CaptureWindows::build_all() {
    for (auto window = were_read_.take(); window; window = were_read_.take()) {
        build(*window);
        if (!were_built_.put(std::move(*window))) {
            break;
        }
    }
    were_built_.close();
}

std::optional<Window> CaptureWindows::read() {
    std::vector<trace::Event> events;
    if (problem_ || ended_ || !read_text(events)) {
        return std::nullopt;
    }
    Window window;
    window.first = seen_;
    window.is_last = ended_;
    window.format = reader_.capture().format;
    window.is_readable = reader_.capture().readable();
    seen_ += static_cast<std::uint32_t>(events.size());
    window.events = std::make_shared<std::vector<trace::Event>>(std::move(events));
    return window;
}

void CaptureWindows::build(Window& window) {
    window.kept = std::exchange(kept_, {});
    window.forest = build_forest(builder_, window.view(), window.is_last);
    for (auto const number : builder_.kept_events()) {
        kept_.emplace_back(number, window.view()[number]);
    }
}

/// Up to the end of the window.
bool CaptureWindows::read_text(std::vector<trace::Event>& events) {
    for (std::size_t read = 0; !ended_ && (read < bytes_ || events.empty());) {
        auto const block = std::min(kBlock, bytes_);
        text_.resize(pending_ + block);
        auto const got = input_->read(std::span(text_).subspan(pending_));
        if (auto const* const wrong = std::get_if<Diagnostic>(&got)) {
            problem_ = *wrong;
            return false;
        }
        auto const size = std::get<std::size_t>(got);
        ended_ = size < block;
        auto const end = pending_ + size;
        auto const used = reader_.read({text_.data(), end}, ended_);
        std::copy(text_.begin() + static_cast<std::ptrdiff_t>(used),
                  text_.begin() + static_cast<std::ptrdiff_t>(end), text_.begin());
        pending_ = end - used;
        read += size;
        if (ended_ || read >= bytes_) {
            reader_.take_events(events);
        }
    }
    return true;
}

} // namespace kflow::check
