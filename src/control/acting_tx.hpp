// ActingTx: a command's Tx in somebody else's name, for what the engine does for a person by itself.
#pragma once

#include "control/tx.hpp"

namespace stipend::control {

class ActingTx final : public Tx {
 public:
  ActingTx(Tx& tx, Actor actor) : tx_(tx), actor_(std::move(actor)) {}

  const domain::State& state() const override { return tx_.state(); }
  base::WallTime now() const override { return tx_.now(); }
  base::Random& random() override { return tx_.random(); }
  const Actor& actor() const override { return actor_; }
  void put(store::Change change) override { tx_.put(std::move(change)); }
  void effect(Effect effect) override { tx_.effect(std::move(effect)); }
  void audit(std::string action, std::string target, std::string reason) override {
    save(domain::Audit{0, now(), actor_.who, actor_.via, actor_.request_id, std::move(action), std::move(target), std::move(reason)});
  }
  base::Status attempt(const std::function<base::Status()>& part) override { return tx_.attempt(part); }
  bool may_begin() const override { return tx_.may_begin(); }

 private:
  Tx& tx_;
  Actor actor_;
};

}  // namespace stipend::control
