// SPDX-License-Identifier: MIT
#include "edo/net/datagram_batch.hpp"

#include "edo/net/socket/batch_state.hpp"
#include "edo/net/socket/raw_addr.hpp"
#include "edo/runtime/errors.hpp"

#include <limits>
#include <new>
#include <utility>

namespace edo::net {

namespace {

[[nodiscard]] std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

SocketAddr Datagram::peer() const noexcept {
    return detail::read_socket_addr(&message_->peer, message_->peer_size);
}

DatagramBatch::DatagramBatch(std::size_t count, std::size_t bytes_each) {
    if (count == 0 || bytes_each == 0) {
        throw UsageError("edo: a DatagramBatch needs room for at least one datagram of one byte");
    }
    if (bytes_each > std::numeric_limits<std::size_t>::max() / count) {
        throw std::bad_alloc();
    }
    state_ = std::make_unique<detail::BatchState>(count, bytes_each);
}

DatagramBatch::DatagramBatch(DatagramBatch&& other) noexcept = default;
DatagramBatch& DatagramBatch::operator=(DatagramBatch&& other) noexcept = default;
DatagramBatch::~DatagramBatch() = default;

detail::BatchState& DatagramBatch::state() const {
    if (state_ == nullptr) {
        throw UsageError("edo: this DatagramBatch was moved from");
    }
    return *state_;
}

std::size_t DatagramBatch::size() const {
    return state().size();
}

Result<void> DatagramBatch::push(std::span<const std::byte> bytes, SocketAddr target) {
    const detail::RawAddr raw(target);
    return state().push(bytes, &raw);
}

Result<void> DatagramBatch::push(std::string_view text, SocketAddr target) {
    return push(bytes_of(text), target);
}

Result<void> DatagramBatch::push(std::span<const std::byte> bytes) {
    return state().push(bytes, nullptr);
}

Result<void> DatagramBatch::push(std::string_view text) {
    return push(bytes_of(text));
}

void DatagramBatch::clear() {
    state().clear();
}

void DatagramBatch::keep(std::size_t first, std::size_t count) {
    state().keep(first, count);
}

void DatagramBatch::rewind() {
    state().rewind();
}

void DatagramBatch::set_segmentation(bool on) {
    state().set_segmentation(on);
}

DatagramBatch::Iterator DatagramBatch::begin() const {
    return {state(), state().begin()};
}

DatagramBatch::Iterator DatagramBatch::end() const {
    return {state(), state().end()};
}

Datagram DatagramBatch::Iterator::operator*() const noexcept {
    return state_->at(position_);
}

DatagramBatch::Iterator& DatagramBatch::Iterator::operator++() noexcept {
    position_ = state_->after(position_);
    return *this;
}

}  // namespace edo::net
