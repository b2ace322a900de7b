#pragma once
// The languages that a lecture is held in.

namespace kflow::view {

enum class Language { english, korean };

} // namespace kflow::view
