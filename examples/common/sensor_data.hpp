// SPDX-License-Identifier: MIT
// What json_client sends and json_server receives.
#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>
#include <string>

namespace example {

/// A reading of a sensor, on the wire an object of JSON with fields of these names.
struct SensorData {
    std::string device_id;
    float temperature_c = 0;
    float humidity_percent = 0;
    std::uint64_t timestamp = 0;
};
BOOST_DESCRIBE_STRUCT(SensorData, (), (device_id, temperature_c, humidity_percent, timestamp))

}  // namespace example
