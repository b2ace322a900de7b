#pragma once
// A library that few commands need, loaded when it is first called: what every start would pay for
// is linked, what draws pictures and unpacks captures is not (docs/decisions/0007).

#include <dlfcn.h>

namespace kflow {

/// Stays loaded until the process ends.
class SharedLibrary {
public:
    /// `soname` as the linker would record it: "libgvc.so.6".
    explicit SharedLibrary(char const* soname) : handle_(::dlopen(soname, RTLD_NOW | RTLD_LOCAL)) {}

    /// Sets `function` to the function of that name; false if there is none, or no library.
    template <typename Function>
    bool find(char const* name, Function*& function) const {
        function = handle_ ? reinterpret_cast<Function*>(::dlsym(handle_, name)) : nullptr;
        return function != nullptr;
    }

private:
    void* handle_;
};

} // namespace kflow
