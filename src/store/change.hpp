// One committed step: the rows it put or erased and the entries it appended, in order. The unit the store
// writes.
#pragma once

#include <variant>
#include <vector>

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

using Change =
    std::variant<Put<domain::Course>, Put<domain::Person>, Put<domain::Account>, Put<domain::AccessKey>,
                 Put<domain::KeyPair>, Put<domain::Image>, Put<domain::Disk>, Put<domain::Instance>,
                 Put<domain::Grant>, Put<domain::Hold>, Put<domain::ClientToken>, Put<domain::Pass>,
                 Put<domain::Setting>, Put<domain::JoinCode>, Put<domain::CourseLink>, Put<domain::QueuePlace>,
                 Put<domain::Spend>, Put<domain::CreditCode>,
                 // append-only:
                 Put<domain::Entry>, Put<domain::Audit>, Erase<domain::Person>, Erase<domain::JoinCode>, Erase<domain::CourseLink>,
                 Erase<domain::QueuePlace>, Erase<domain::AccessKey>,
                 Erase<domain::KeyPair>, Erase<domain::Image>, Erase<domain::Disk>, Erase<domain::Instance>,
                 Erase<domain::ClientToken>, Erase<domain::Pass>, Erase<domain::CreditCode>>;

using Batch = std::vector<Change>;

}  // namespace stipend::store
