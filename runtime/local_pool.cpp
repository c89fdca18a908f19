// SPDX-License-Identifier: MIT
#include "edo/runtime/local_pool.hpp"

namespace edo {

LocalPoolHandle::LocalPoolHandle(std::size_t threads)
    : pool_(std::make_shared<detail::LocalPool>(threads)) {}

std::vector<std::size_t> LocalPoolHandle::get_task_loads_for_each_worker() const {
    std::vector<std::size_t> loads;
    loads.reserve(pool_->size());
    for (std::size_t i = 0; i < pool_->size(); ++i) {
        loads.push_back(pool_->worker(i).load());
    }
    return loads;
}

}  // namespace edo
