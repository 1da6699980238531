package manifest

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/gocty"
)

func cidrFunctions() map[string]function.Function {
	prefix := function.Parameter{Name: "prefix", Type: cty.String}
	number := func(name string) function.Parameter { return function.Parameter{Name: name, Type: cty.Number} }
	return map[string]function.Function{
		"cidrhost":    cidrFunc([]function.Parameter{prefix, number("hostnum")}, cidrHost),
		"cidrnetmask": cidrFunc([]function.Parameter{prefix}, cidrNetmask),
		"cidrsubnet":  cidrFunc([]function.Parameter{prefix, number("newbits"), number("netnum")}, cidrSubnet),
		"cidrsubnets": cidrSubnetsFunc(),
	}
}

func cidrFunc(params []function.Parameter, f func(p netip.Prefix, args []cty.Value) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: params,
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			p, err := netip.ParsePrefix(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(0, "want an address block such as 10.0.0.0/8")
			}
			s, err := f(p.Masked(), args[1:])
			if err != nil {
				return cty.NilVal, err
			}
			return cty.StringVal(s), nil
		},
	})
}

// cidrHost is an address of the block by number; negative ones count from the
// end.
func cidrHost(p netip.Prefix, args []cty.Value) (string, error) {
	n, acc := args[0].AsBigFloat().Int(nil)
	if acc != big.Exact {
		return "", errors.New("the host number must be whole")
	}
	size := new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))
	if n.Sign() < 0 {
		n.Add(n, size)
	}
	if n.Sign() < 0 || n.Cmp(size) >= 0 {
		return "", fmt.Errorf("a block of length /%d has no host of that number", p.Bits())
	}
	a, ok := addTo(p.Addr(), n)
	if !ok {
		return "", errors.New("the address is out of range")
	}
	return a.String(), nil
}

func cidrNetmask(p netip.Prefix, _ []cty.Value) (string, error) {
	if !p.Addr().Is4() {
		return "", errors.New("only IPv4 has netmasks in writing")
	}
	all := netip.MustParseAddr("255.255.255.255")
	return netip.PrefixFrom(all, p.Bits()).Masked().Addr().String(), nil
}

// cidrSubnet is a smaller block within p: newbits longer, the netnum-th.
func cidrSubnet(p netip.Prefix, args []cty.Value) (string, error) {
	var newbits int
	if err := gocty.FromCtyValue(args[0], &newbits); err != nil || newbits < 0 {
		return "", errors.New("the number of new bits must be whole and not negative")
	}
	n, acc := args[1].AsBigFloat().Int(nil)
	bits := p.Bits() + newbits
	switch {
	case acc != big.Exact || n.Sign() < 0:
		return "", errors.New("the number of the network must be whole and not negative")
	case bits > p.Addr().BitLen():
		return "", fmt.Errorf("%d bits more than /%d is longer than an address", newbits, p.Bits())
	case n.BitLen() > newbits:
		return "", fmt.Errorf("%d bits do not hold the number of the network", newbits)
	}
	a, ok := addTo(p.Addr(), new(big.Int).Lsh(n, uint(p.Addr().BitLen()-bits)))
	if !ok {
		return "", errors.New("the network is out of range")
	}
	return netip.PrefixFrom(a, bits).String(), nil
}

// cidrSubnetsFunc cuts a block into consecutive smaller ones.
func cidrSubnetsFunc() function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{{Name: "prefix", Type: cty.String}},
		VarParam: &function.Parameter{Name: "newbits", Type: cty.Number},
		Type:     function.StaticReturnType(cty.List(cty.String)),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			p, err := netip.ParsePrefix(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(0, "want an address block such as 10.0.0.0/8")
			}
			p = p.Masked()
			next, out := p.Addr(), []cty.Value{}
			for i, arg := range args[1:] {
				var newbits int
				bits := 0
				if err := gocty.FromCtyValue(arg, &newbits); err == nil {
					bits = p.Bits() + newbits
				}
				if newbits < 1 || bits > p.Addr().BitLen() {
					return cty.NilVal, function.NewArgErrorf(i+1, "the block cannot be cut by that many bits")
				}
				size := new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-bits))
				start, ok := alignUp(next, size)
				end, fits := netip.Addr{}, false
				if ok {
					end, fits = addTo(start, new(big.Int).Sub(size, big.NewInt(1)))
				}
				if !fits || !p.Contains(start) || !p.Contains(end) {
					return cty.NilVal, function.NewArgErrorf(i+1, "the block has no room left")
				}
				out = append(out, cty.StringVal(netip.PrefixFrom(start, bits).String()))
				next = end.Next()
			}
			if len(out) == 0 {
				return cty.ListValEmpty(cty.String), nil
			}
			return cty.ListVal(out), nil
		},
	})
}

func addTo(a netip.Addr, n *big.Int) (netip.Addr, bool) {
	sum := new(big.Int).Add(new(big.Int).SetBytes(a.AsSlice()), n)
	if sum.Sign() < 0 || sum.BitLen() > a.BitLen() {
		return netip.Addr{}, false
	}
	return netip.AddrFromSlice(sum.FillBytes(make([]byte, a.BitLen()/8)))
}

// alignUp is the first address from a on that a block of that size can begin at.
func alignUp(a netip.Addr, size *big.Int) (netip.Addr, bool) {
	if !a.IsValid() {
		return a, false
	}
	rest := new(big.Int).Mod(new(big.Int).SetBytes(a.AsSlice()), size)
	if rest.Sign() == 0 {
		return a, true
	}
	return addTo(a, rest.Sub(size, rest))
}
