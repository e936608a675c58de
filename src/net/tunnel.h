// Talking a tunnel through a proxy on a connected socket. Included inside this room only.
#pragma once

#include <memory>

#include "net/core.h"
#include "net/dial.h"

namespace freeway::net {

// Returns when the tunnel to the endpoint stands; not one byte of what came through it has been read then. Fails with proxy,
// timeout, cancelled, or as the socket did. Socket, endpoint and wake-up (the coroutine's own and the ticket's) must outlive
// the call.
Task<Result<void>> open_tunnel(Loop& loop, TcpSocket& socket, const Endpoint& endpoint, Wakeup& wakeup, Instant deadline,
                               std::shared_ptr<DialTicket> ticket);

}  // namespace freeway::net
