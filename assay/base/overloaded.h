#pragma once

namespace assay {

/// Joins lambdas into one visitor for std::visit; an alternative without a lambda does not compile.
template <class... Fs>
struct overloaded : Fs... {  // NOLINT(readability-identifier-naming): reads as a keyword
  using Fs::operator()...;
};

}  // namespace assay
