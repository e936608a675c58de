// The tables of styles, one file for each kind of provider.
#pragma once

#include <span>

#include "farm/style.h"

namespace freeway::farm {

std::span<const Style> styles_of_labs();     // who serve one kind of API of their own: OpenAI, Groq, Mistral …
std::span<const Style> styles_of_clouds();   // Google, GitHub, NVIDIA, Cloudflare …
std::span<const Style> styles_of_routers();  // OpenRouter, Kilo, Hugging Face …
std::span<const Style> styles_of_china();    // Zhipu, MiniMax, ModelScope …

}  // namespace freeway::farm
