# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# Sourced by api/quickstart.sh, tests/run.sh and .ci/run: which Debian packages are needed, and how
# the project is built in build/.

iscard_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

iscard_build_packages=(gcc g++ libc6-dev cmake ninja-build pkg-config libusb-1.0-0-dev
	libusbredirparser-dev)
iscard_test_packages=(libcmocka-dev)
iscard_e2e_packages=(fuse3 libfuse3-dev strace tshark util-linux)
iscard_strict_packages=(binutils clang clang-format clang-tidy libclang-rt-dev valgrind
	gcc-i686-linux-gnu libc6-dev-i386-cross
	gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user)

iscard_say()
{
	printf '\n== %s\n' "$*"
}

iscard_die()
{
	printf 'error: %s\n' "$*" >&2
	exit 1
}

iscard_installed()
{
	dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

iscard_apt()
{
	local as_root=()

	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			iscard_die "not root and no sudo; run as root: apt-get install ${missing[*]}"
		as_root=(sudo)
	fi
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@"
}

# iscard_install PACKAGE...: install those that are missing; nothing is asked of apt otherwise.
iscard_install()
{
	local p missing=()

	if ! command -v apt-get >/dev/null; then
		iscard_say "no apt-get here; these must be there already: $*"
		return
	fi
	for p in "$@"; do
		iscard_installed "$p" || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	iscard_say "installing ${missing[*]}"
	iscard_apt update || true
	iscard_apt install --no-install-recommends "${missing[@]}"
}

# iscard_build [CMAKE OPTION...]: configure and build in build/.
iscard_build()
{
	local build=$iscard_top/build how=()

	if [ ! -f "$build/CMakeCache.txt" ]; then
		how=(-G Ninja)
	elif ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$iscard_top" "$build/CMakeCache.txt"; then
		how=(--fresh -G Ninja) # the folder was moved or copied
	fi
	if command -v ccache >/dev/null; then
		how+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
	fi
	iscard_say "building in build/"
	cmake -S "$iscard_top" -B "$build" "${how[@]}" "$@"
	cmake --build "$build" --parallel "$(nproc)"
}
