#include "sim/trace/write/symbol_text.hpp"

#include "sim/trace/write/text_out.hpp"

namespace kflow::trace {

namespace {

void append_module(std::string& out, Name module) {
    if (!module.empty()) {
        out.append(" [").append(module.view()).append("]");
    }
}

void append_prefixed_hex(std::string& out, std::uint64_t value) {
    out.append("0x");
    append_hex(out, value);
}

void append_words(std::string& out, Argument const& argument) {
    out.append("(").append(argument.label.view()).append(")[");
    for (std::size_t i = 0; i < argument.words.size(); ++i) {
        if (i > 0) {
            out.push_back(':');
        }
        append_prefixed_hex(out, argument.words[i]);
    }
    out.append(argument.form == Argument::Form::cut_words ? ":...]" : "]");
}

void append_argument(std::string& out, Argument const& argument) {
    if (argument.form == Argument::Form::rest) {
        out.append("...");
        return;
    }
    out.append(argument.name.view()).push_back('=');
    std::uint64_t const word = argument.words.empty() ? 0 : argument.words[0];
    switch (argument.form) {
    case Argument::Form::words:
    case Argument::Form::cut_words:
        append_words(out, argument);
        break;
    case Argument::Form::unknown:
        out.push_back('?');
        append_prefixed_hex(out, word);
        break;
    case Argument::Form::hex:
        append_prefixed_hex(out, word);
        break;
    default:
        append_decimal(out, static_cast<std::int64_t>(word));
        if (argument.form == Argument::Form::labelled) {
            append_module(out, argument.label);
        }
    }
}

} // namespace

void append_location(std::string& out, TraceFormat const& format, Location const& location,
                     bool always_offset) {
    bool const offset = format.sym_offset || always_offset;
    if (location.symbol.empty()) {
        if (location.address == 0) {
            out.push_back('0');
            return;
        }
        out.append("0x");
        append_hex(out, location.address, offset ? 0 : 8);
    } else {
        out.append(location.symbol.view());
        if (offset && location.has_offset()) {
            out.push_back('+');
            append_prefixed_hex(out, location.offset);
            out.push_back('/');
            append_prefixed_hex(out, location.size);
            append_module(out, location.module);
        }
    }
    if (format.sym_addr && location.address != 0) {
        out.append(" <");
        append_hex(out, location.address, 16);
        out.push_back('>');
    }
}

void append_graph_function(std::string& out, GraphFunction const& function) {
    out.append(function.name.view());
    append_module(out, function.module);
}

void append_arguments(std::string& out, Arguments const& arguments) {
    out.push_back('(');
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (i > 0) {
            out.append(", ");
        }
        append_argument(out, arguments[i]);
    }
    out.push_back(')');
}

} // namespace kflow::trace
