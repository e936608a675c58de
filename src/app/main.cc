#include <iostream>
#include <string>
#include <vector>

#include "app/cli.h"
#include "app/wiring.h"

int main(int count, char** values) {
  std::vector<std::string> arguments(values + (count > 0 ? 1 : 0), values + count);
  return freeway::app::run(arguments, freeway::app::real_outside(), freeway::app::real_console(), freeway::app::serve,
                           std::cout, std::cerr);
}
