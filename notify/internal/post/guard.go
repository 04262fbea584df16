package post

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"unicode"
)

// A refusedError says that an address must not be called.
type refusedError struct{ address string }

func (e *refusedError) Error() string {
	return fmt.Sprintf("address %s is not public; allow_private: true lets this receiver reach it", e.address)
}

// globalUnicast covers all of IPv6 that is routed in public. It leaves out loopback, link-local, unique local and multicast addresses as
// well as 64:ff9b::/96 and 64:ff9b:1::/48, which a gateway turns into any IPv4 address.
var globalUnicast = netip.MustParsePrefix("2000::/3")

// notPublic lists the networks that lead to this host, to its neighbours or nowhere, from the IANA special-purpose address registries. The
// package net/netip knows only some of them.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),        // this network, unspecified
	netip.MustParsePrefix("10.0.0.0/8"),       // private
	netip.MustParsePrefix("100.64.0.0/10"),    // carrier-grade NAT
	netip.MustParsePrefix("127.0.0.0/8"),      // loopback
	netip.MustParsePrefix("168.63.129.16/32"), // Azure's host, public only by its number
	netip.MustParsePrefix("169.254.0.0/16"),   // link-local, with most clouds' metadata
	netip.MustParsePrefix("172.16.0.0/12"),    // private
	netip.MustParsePrefix("192.0.0.0/24"),     // protocol assignments, with Oracle's metadata
	netip.MustParsePrefix("192.0.2.0/24"),     // documentation
	netip.MustParsePrefix("192.88.99.0/24"),   // 6to4 relays
	netip.MustParsePrefix("192.168.0.0/16"),   // private
	netip.MustParsePrefix("198.18.0.0/15"),    // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"),  // documentation
	netip.MustParsePrefix("203.0.113.0/24"),   // documentation
	netip.MustParsePrefix("224.0.0.0/4"),      // multicast
	netip.MustParsePrefix("240.0.0.0/4"),      // reserved, broadcast
	netip.MustParsePrefix("2001::/23"),        // protocol assignments, with Teredo
	netip.MustParsePrefix("2001:db8::/32"),    // documentation
	netip.MustParsePrefix("2002::/16"),        // 6to4, holds any IPv4 address
	netip.MustParsePrefix("3fff::/20"),        // documentation
}

// public reports whether addr may be called when private addresses are not allowed.
func public(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("") // a prefix contains neither mapped nor zoned addresses
	if !addr.IsValid() || addr.Is6() && !globalUnicast.Contains(addr) {
		return false
	}
	return !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// CheckHost refuses an address that the guard would refuse later. With a proxy it is the only check, because the proxy looks up
// names and connects. Then it also refuses names that are not public.
func CheckHost(host, via string) error {
	addr, err := netip.ParseAddr(host)
	switch {
	case err == nil && !public(addr):
		return &refusedError{address: addr.String()}
	case err != nil && via != "" && !publicName(host):
		return fmt.Errorf("%q is not a public name, and proxy %s would connect to it; allow_private: true lets this receiver reach it",
			host, via)
	}
	return nil
}

// privateDomains are the domains that RFC 6761, 6762 and 8375 and ICANN reserve for private use.
var privateDomains = []string{"localhost", "local", "internal", "home.arpa"}

// publicName reports whether a host may be a name of the public DNS. It does not look up the address.
func publicName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case last == host: // without a dot it is a name of the local network
		return false
	case last == "" || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x"):
		return false // such as 127.1, which many programs read as an address
	case strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }):
		return false // some of these letters are mapped to other letters or to digits
	}
	return !slices.ContainsFunc(privateDomains, func(domain string) bool { return strings.HasSuffix("."+host, "."+domain) })
}

// guardedDialer returns a dialer that refuses addresses that are not public. It checks each address after the name was resolved and before
// anything is sent, so that no name, redirect or changing DNS answer can bypass it.
func guardedDialer() *net.Dialer {
	dialer := Dialer()
	dialer.Control = func(_, address string, _ syscall.RawConn) error {
		target, err := netip.ParseAddrPort(address)
		if err != nil || !public(target.Addr()) {
			return &refusedError{address: address}
		}
		return nil
	}
	return dialer
}

// Dialer returns a dialer that reaches all addresses.
func Dialer() *net.Dialer { return &net.Dialer{Timeout: dialTimeout} }
