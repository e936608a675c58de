// The one piece of Asio that our headers show: a coroutine on a loop. Named arguments only: name an object, then move it
// into the call (see DESIGN.md, rule 10).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace freeway::net {

template <class T = void>
using Task = boost::asio::awaitable<T, boost::asio::io_context::executor_type>;

}  // namespace freeway::net
