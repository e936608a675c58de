#include <iostream>
#include <string>
#include <vector>

#include "app/cli.h"
#include "app/process.h"
#include "app/wiring.h"

int main(int count, char** values) {
  std::vector<std::string> arguments(values + (count > 0 ? 1 : 0), values + count);
  freeway::app::refuse_core_dumps(freeway::app::real_outside());
  return freeway::app::run(arguments, freeway::app::real_outside(), freeway::app::real_console(), freeway::app::serve,
                           std::cout, std::cerr);
}
