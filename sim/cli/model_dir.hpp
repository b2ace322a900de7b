#pragma once
// Where the model is: for every subcommand that reads it.

#include <string>

namespace CLI {
class App;
}

namespace kflow::cli {

/// Adds `--model DIR` to a subcommand. `value` must live until the command line is parsed; it stays
/// empty if the option is not given.
void add_model_option(CLI::App& command, std::string& value);

/// The folder with the model: `given` if not empty; else $KFLOW_MODEL; else ./model; else model
/// beside one of the folders above the program (a build tree inside the sources), or
/// ../share/kflow/model (installed). "model" if there is none.
std::string model_dir(std::string const& given);

/// This program's own file, and where its build put the compiled form of the model: beside it.
std::string program_file();
std::string model_image();

} // namespace kflow::cli
