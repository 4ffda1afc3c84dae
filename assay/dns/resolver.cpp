#include "assay/dns/resolver.h"

namespace assay::dns {

std::string_view to_text(Type type) {
  switch (type) {
    case Type::a:
      return "A";
    case Type::aaaa:
      return "AAAA";
    case Type::mx:
      return "MX";
    case Type::ptr:
      return "PTR";
    case Type::txt:
      return "TXT";
  }
  return "";
}

std::string_view to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::records:
      return "records";
    case Outcome::no_data:
      return "no_data";
    case Outcome::name_error:
      return "name_error";
    case Outcome::temporary_failure:
      return "temporary_failure";
  }
  return "";
}

}  // namespace assay::dns
