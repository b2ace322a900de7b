#pragma once
// kflow model compile: writes the compiled form of the model (sim/model/image.hpp).

namespace CLI {
class App;
}

namespace kflow::cli {

/// Adds `compile` to `kflow model`.
void add_model_compile(CLI::App& model_command, int& status);

} // namespace kflow::cli
