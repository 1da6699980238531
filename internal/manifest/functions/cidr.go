package functions

import (
	"errors"
	"fmt"
	"math/big"
	"net"

	"github.com/apparentlymart/go-cidr/cidr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/gocty"
)

func cidrFunctions() map[string]function.Function {
	number := func(name string) function.Parameter { return param(name, cty.Number) }
	return map[string]function.Function{
		"cidrhost":    cidrFunc(computeHost, number("hostnum")),
		"cidrnetmask": cidrFunc(computeNetmask),
		"cidrsubnet":  cidrFunc(computeSubnet, number("newbits"), number("netnum")),
		"cidrsubnets": cidrSubnetsFunc(),

		"cidrcontains": NewFunc(cty.Bool, containsAddress, param("prefix", cty.String), param("address", cty.String)),
	}
}

// cidrFunc makes a function that takes an address block and further arguments.
func cidrFunc(compute func(block *net.IPNet, args []cty.Value) (fmt.Stringer, error), params ...function.Parameter) function.Function {
	return NewFunc(cty.String, func(args []cty.Value) (cty.Value, error) {
		block, err := parseBlock(args[0])
		if err != nil {
			return cty.NilVal, err
		}
		s, err := compute(block, args[1:])
		if err != nil {
			return cty.NilVal, err
		}
		return cty.StringVal(s.String()), nil
	}, append([]function.Parameter{param("prefix", cty.String)}, params...)...)
}

func parseBlock(v cty.Value) (*net.IPNet, error) {
	_, block, err := net.ParseCIDR(v.AsString())
	if err != nil {
		return nil, function.NewArgErrorf(0, "want an address block such as 10.0.0.0/8")
	}
	return block, nil
}

// containsAddress reports whether a block contains an address, or another block as a whole.
func containsAddress(args []cty.Value) (cty.Value, error) {
	block, err := parseBlock(args[0])
	if err != nil {
		return cty.NilVal, err
	}
	if ip := net.ParseIP(args[1].AsString()); ip != nil {
		return cty.BoolVal(block.Contains(ip)), nil
	}
	inner, err := parseBlock(args[1])
	if err != nil {
		return cty.NilVal, function.NewArgErrorf(1, "want an address or an address block")
	}
	outerLength, outerBits := block.Mask.Size()
	length, bits := inner.Mask.Size()
	return cty.BoolVal(bits == outerBits && length >= outerLength && block.Contains(inner.IP)), nil
}

// computeHost returns an address of the block by number; negative numbers count from the end.
func computeHost(block *net.IPNet, args []cty.Value) (fmt.Stringer, error) {
	n, acc := args[0].AsBigFloat().Int(nil)
	if acc != big.Exact {
		return nil, errors.New("the host number must be whole")
	}
	host, err := cidr.HostBig(block, n)
	if err != nil {
		length, _ := block.Mask.Size()
		return nil, fmt.Errorf("a block of length /%d has no host of that number", length)
	}
	return host, nil
}

func computeNetmask(block *net.IPNet, _ []cty.Value) (fmt.Stringer, error) {
	if len(block.Mask) != net.IPv4len {
		return nil, errors.New("only IPv4 has netmasks in writing")
	}
	return net.IP(block.Mask), nil
}

// computeSubnet returns a smaller block within block: newbits longer, the
// netnum-th.
func computeSubnet(block *net.IPNet, args []cty.Value) (fmt.Stringer, error) {
	newbits, err := wholeBits(block, args[0])
	if err != nil {
		return nil, err
	}
	n, acc := args[1].AsBigFloat().Int(nil)
	switch {
	case acc != big.Exact || n.Sign() < 0:
		return nil, errors.New("the number of the network must be whole and not negative")
	case n.BitLen() > newbits:
		return nil, fmt.Errorf("%d bits do not hold the number of the network", newbits)
	}
	return cidr.SubnetBig(block, newbits, n)
}

// wholeBits returns by how many bits a block is extended.
func wholeBits(block *net.IPNet, v cty.Value) (int, error) {
	var newbits int
	if err := gocty.FromCtyValue(v, &newbits); err != nil || newbits < 0 {
		return 0, errors.New("the number of new bits must be whole and not negative")
	}
	if length, most := block.Mask.Size(); newbits > most-length {
		return 0, fmt.Errorf("%d bits more than /%d is longer than an address", newbits, length)
	}
	return newbits, nil
}

// cidrSubnetsFunc cuts a block into consecutive smaller ones.
func cidrSubnetsFunc() function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{{Name: "prefix", Type: cty.String}},
		VarParam: &function.Parameter{Name: "newbits", Type: cty.Number},
		Type:     function.StaticReturnType(cty.List(cty.String)),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			block, err := parseBlock(args[0])
			if err != nil {
				return cty.NilVal, err
			}
			length, _ := block.Mask.Size()
			out, last := []cty.Value{}, (*net.IPNet)(nil)
			for i, arg := range args[1:] {
				newbits, err := wholeBits(block, arg)
				if err != nil || newbits == 0 {
					return cty.NilVal, function.NewArgErrorf(i+1, "the block cannot be cut by that many bits")
				}
				past := false
				if last == nil {
					last, err = cidr.Subnet(block, newbits, 0)
				} else {
					last, past = cidr.NextSubnet(last, length+newbits)
				}
				if err != nil || past || !block.Contains(last.IP) {
					return cty.NilVal, function.NewArgErrorf(i+1, "the block has no room left")
				}
				out = append(out, cty.StringVal(last.String()))
			}
			return listVal(cty.String, out)
		},
	})
}
