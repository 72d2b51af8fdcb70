// One committed step: the rows it put or erased and the entries it appended, in order. The unit the store
// writes.
#pragma once

#include <tuple>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "domain/state.hpp"

namespace stipend::store {

template <class Row>
struct Put {
  domain::RowPtr<Row> row;
};
template <class Row>
struct Erase {
  domain::Key<Row> key;
};

// The rows of State, in the order in which a store reads them.
template <class... Rows>
struct RowList {
  using Changes = std::variant<Put<domain::Entry>, Put<domain::Audit>, Put<Rows>..., Erase<Rows>...>;
  // Calls each.template operator()<Row>() until one is refused.
  template <class Each>
  static base::Status each(Each&& each) {
    base::Status status;
    ((status = status ? each.template operator()<Rows>() : status), ...);
    return status;
  }
  template <template <class> class Of, class... More>
  using Tuple = std::tuple<Of<Rows>..., Of<More>...>;
  template <template <class> class Of, class More>
  using Variant = std::variant<Of<Rows>..., More>;
};
using StateRows =
    RowList<domain::Course, domain::Person, domain::Account, domain::AccessKey, domain::KeyPair, domain::Image, domain::Disk,
            domain::Instance, domain::Grant, domain::Hold, domain::ClientToken, domain::Pass, domain::Setting, domain::JoinCode,
            domain::CourseLink, domain::QueuePlace, domain::Spend, domain::CreditCode, domain::Catalogue, domain::Outage,
            domain::Budget, domain::Mail, domain::Address>;

// Entries and audit rows are only ever appended.
using Change = StateRows::Changes;
using Batch = std::vector<Change>;

}  // namespace stipend::store
