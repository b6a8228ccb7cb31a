// SPDX-License-Identifier: MIT
// C++: ask the card for random bytes. The interfaces are classes, released by a smart pointer.
//
//	random READER [BYTES]
#include <iscard/iscard.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

struct Release {
	void operator()(IUnknown *object) const { object->Release(); }
};

template <class Interface> using Owned = std::unique_ptr<Interface, Release>;

template <class Interface> Owned<Interface> create(REFCLSID clsid, REFIID iid)
{
	void *object = nullptr;

	if (FAILED(CoCreateInstance(clsid, nullptr, CLSCTX_ALL, iid, &object)))
		throw std::runtime_error("cannot create the object");
	return Owned<Interface>(static_cast<Interface *>(object));
}

// What failed on the object, in words.
static void check(const Owned<ISCard> &card, HRESULT hr)
{
	std::array<char, 300> why{};

	if (SUCCEEDED(hr))
		return;
	iscard_last_error(card.get(), why.data(), why.size());
	throw std::runtime_error(why.data());
}

static void print_random(const Owned<ISCard> &card, uint8_t bytes)
{
	const std::array<uint8_t, 5> get_challenge{0x00, 0x84, 0x00, 0x00, bytes};
	std::array<uint8_t, 258> reply{};
	size_t n = reply.size();

	check(card, iscard_transmit(card.get(), get_challenge.data(), get_challenge.size(),
	                            reply.data(), &n));
	if (iscard_sw(reply.data(), n) != 0x9000)
		throw std::runtime_error("the card gives no random bytes");
	for (size_t i = 0; i + 2 < n; i++)
		std::printf("%02X", reply[i]);
	std::printf("\n");
}

int main(int argc, char **argv)
try {
	const int bytes = argc > 2 ? std::atoi(argv[2]) : 8;

	if (argc < 2 || bytes < 1 || bytes > 255)
		throw std::runtime_error("usage: random READER [BYTES]");
	auto card = create<ISCard>(CLSID_CSCard, IID_ISCard);
	check(card, iscard_attach(card.get(), argv[1], SHARED, T0 | T1));
	print_random(card, static_cast<uint8_t>(bytes));
	check(card, card->Detach());
	return 0;
} catch (const std::exception &e) {
	std::fprintf(stderr, "%s\n", e.what());
	return 1;
}
