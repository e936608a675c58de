// The one unit that compiles Asio itself; everything else sees declarations only.
#include <boost/asio/impl/src.hpp>
