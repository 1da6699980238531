package functions

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/manifest/values"
)

// evaluate returns the value of an expression as JSON, followed by "(sensitive)" if it is, or its error.
func evaluate(t *testing.T, text string, allow func(cty.Value)) string {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %v", text, diags)
	}
	ctx := &hcl.EvalContext{Functions: PureFunctions(allow), Variables: map[string]cty.Value{
		"null_list": cty.NullVal(cty.List(cty.String)), "secret": cty.StringVal("hunter2").Mark(values.Sensitive),
		"map": cty.MapVal(map[string]cty.Value{"a": cty.StringVal("1"), "b": cty.StringVal("2")}),
	}}
	v, diags := expr.Value(ctx)
	if diags.HasErrors() {
		return "error: " + diags[0].Detail
	}
	plain, marks := v.UnmarkDeep()
	out, err := ctyjson.Marshal(plain, plain.Type())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if len(marks) > 0 {
		return string(out) + " (sensitive)"
	}
	return string(out)
}

// TestFunctions shows the results and errors of each of our own functions.
func TestFunctions(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{`sum([1, 2.5, "3"])`, `6.5`},
		{`timecmp("2026-11-21T02:13:00Z", "2026-11-21T03:13:00+01:00")`, `0`},
		{`timecmp("2026-11-21T02:13:00Z", "2026-11-21T02:13:01Z")`, `-1`},
		{`timecmp("today", "2026-11-21T02:13:01Z")`, `error: Invalid value for "a" parameter: want a time such as 2026-11-21T02:13:00Z.`},
		{`uuidv5("dns", "www.terraform.io")`, `"a5008fae-b28c-5ba5-96cd-82b4c53552d6"`},
		{`uuidv5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.terraform.io")`, `"a5008fae-b28c-5ba5-96cd-82b4c53552d6"`},
		{`uuidv5("x", "y")`, `error: Call to function "uuidv5" failed: the namespace must be a UUID, or "dns", "url", "oid" or "x500".`},
		{`urldecode("a%20b+c%2Fd")`, `"a b c/d"`},
		{`urldecode(urlencode("ä;=% +"))`, `"ä;=% +"`},
		{`urldecode("%zz")`, `error: Call to function "urldecode" failed: behind each % two hexadecimal digits must follow.`},
		{`cidrcontains("10.0.0.0/8", "10.1.2.3")`, `true`},
		{`cidrcontains("10.0.0.0/8", "11.1.2.3")`, `false`},
		{`cidrcontains("10.0.0.0/8", "10.1.0.0/16")`, `true`},
		{`cidrcontains("10.1.0.0/16", "10.0.0.0/8")`, `false`},
		{`cidrcontains("10.0.0.0/8", "::1")`, `false`},
		{`cidrcontains("fd00::/8", "fd00::1")`, `true`},
		{`cidrcontains("10.0.0.0/8", "x")`, `error: Invalid value for "address" parameter: want an address or an address block.`},
		{`base64sha512("")`, `"z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="`},
		{`sum([])`, `0`},
		{`sum("1")`, `error: Invalid value for "numbers" parameter: want a list, set or tuple.`},
		{`sum(["a"])`, `error: Invalid value for "numbers" parameter: want numbers only.`},
		{`sum(null_list)`, `error: Invalid value for "numbers" parameter: argument must not be null.`},
		{`alltrue([true, "true"])`, `true`},
		{`alltrue([])`, `true`},
		{`alltrue([true, null])`, `false`},
		{`alltrue(["yes"])`, `error: Invalid value for "bools" parameter: want true and false only.`},
		{`anytrue([false, true])`, `true`},
		{`anytrue([])`, `false`},
		{`anytrue({})`, `error: Invalid value for "bools" parameter: want a list, set or tuple.`},
		{`one(["a"])`, `"a"`},
		{`one([])`, `null`},
		{`one(["a", "b"])`, `error: Invalid value for "list" parameter: want at most one element.`},
		{`one("a")`, `error: Invalid value for "list" parameter: want a list, set or tuple.`},
		{`index(["a", "b"], "b")`, `1`},
		{`index([1, "1"], "1")`, `1`},
		{`index(["a"], "z")`, `error: Call to function "index" failed: the value is not in the list.`},
		{`index(toset(["a"]), "a")`, `error: Invalid value for "list" parameter: want a list or tuple.`},
		{`length("äbc")`, `3`},
		{`length(bytes("\\xff\\xfe"))`, `2`},
		{`length([1, 2])`, `2`},
		{`length({ a = 1 })`, `1`},
		{`length(map)`, `2`},
		{`length(secret)`, `7 (sensitive)`},
		{`length(null)`, `error: Invalid value for "value" parameter: argument must not be null.`},
		{`length(1)`, `error: Invalid value for "value" parameter: want a string or a collection.`},
		{`lookup(map, "a")`, `"1"`},
		{`lookup(map, "z", "else")`, `"else"`},
		{`lookup(map, "z")`, `error: Call to function "lookup" failed: there is no element of that key, and no default.`},
		{`lookup({ a = 1 }, "a", 2)`, `1`},
		{`lookup({ a = 1 }, "z", null)`, `null`},
		{`lookup([1], "a")`, `error: Invalid value for "map" parameter: want a map or an object.`},
		{`lookup(map, null)`, `error: Invalid value for "key" parameter: argument must not be null.`},
		{`lookup(map, secret, "none")`, `"none" (sensitive)`},
		{`distinct(["a", "b", "a"])`, `["a","b"]`},
		{`distinct([])`, `[]`},
		{`distinct([1, "1"])`, `["1"]`},
		{`distinct("a")`, `error: Invalid value for "list" parameter: list of dynamic required, but have string.`},
		{`matchkeys(["a", "b", "c"], [1, 2, 1], [1])`, `["a","c"]`},
		{`matchkeys(["a"], [1], [2])`, `[]`},
		{`matchkeys(["a"], [1, 2], [1])`, `error: Invalid value for "keys" parameter: want as many keys as values.`},
		{`transpose({ a = ["x", "y"], b = ["y"] })`, `{"x":["a"],"y":["a","b"]}`},
		{`transpose({})`, `{}`},
		{`transpose({ a = null })`, `error: Invalid value for "map" parameter: must not hold null.`},
		{`transpose({ a = [null] })`, `error: Invalid value for "map" parameter: must not hold null.`},
		{`pow(2, 100)`, `1267650600228229401496703205376`},
		{`pow(2, 0.5)`, `1.4142135623730951`},
		{`pow(2, 100000)`, `error: Call to function "pow" failed: the result is too large.`},
		{`pow(0, -1)`, `error: Call to function "pow" failed: the result is infinite.`},
		{`log(8, 2)`, `3`},
		{`log(0, 10)`, `error: Call to function "log" failed: the result is infinite.`},
		{`tolist(["a", 1])`, `["a","1"]`},
		{`tolist(map)`, `error: Invalid value for "value" parameter: cannot convert map of string to list of any single type.`},
		{`toset(["b", "a", "b"])`, `["a","b"]`},
		{`tomap({ a = 1, b = "x" })`, `{"a":"1","b":"x"}`},
		{`tomap(["a"])`, `error: Invalid value for "value" parameter: cannot convert tuple to map of any single type.`},
		{`tolist([1, {}])`, `error: Invalid value for "value" parameter: cannot convert tuple to list of any single type.`},
		{`setproduct(["a", "b"], [1, 2])`, `[["a",1],["a",2],["b",1],["b",2]]`},
		{`setproduct([1, {}], ["a"])`, `error: Invalid value for "sets" parameter: all elements must be of the same type.`},
		{`replace("a.b.c", ".", "-")`, `"a-b-c"`},
		{`replace("abc", "/[ac]/", "x")`, `"xbx"`},
		{`replace("abc", "/(a/", "x")`, "error: Invalid value for \"old\" parameter: error parsing regexp: missing closing ): `(a`."},
		{`replace("a/b", "/", "-")`, `"a-b"`},
		{`startswith("abc", "ab")`, `true`},
		{`endswith("abc", "bc")`, `true`},
		{`strcontains("abc", "z")`, `false`},
		{`base64encode(bytes("\\xff"))`, `"/w=="`},
		{`base64decode("/w==")`, "\"\U0010ffff\""},
		{`base64decode("no base64")`, `error: Call to function "base64decode" failed: not valid base64.`},
		{`base64gunzip("H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==")`, `"hello"`},
		{`base64gunzip("H4sIAAAAAAAAA8tIzcnJ")`, `error: Call to function "base64gunzip" failed: what the base64 stands for is damaged, or cut off.`},
		{`base64gunzip("aGVsbG8=")`, `error: Call to function "base64gunzip" failed: what the base64 stands for is not in the format of gzip.`},
		{`base64gunzip("no base64")`, `error: Call to function "base64gunzip" failed: not valid base64.`},
		{`textencodebase64("hä", "UTF-16LE")`, `"aADkAA=="`},
		{`textencodebase64("hä", "utf-16")`, `"/v8AaADk"`},
		{`textencodebase64("hä", "ISO-8859-1")`, `"aOQ="`},
		{`textencodebase64("h€", "windows-1252")`, `"aIA="`},
		{`textencodebase64("h", "IBM437")`, `"aA=="`},
		{`textencodebase64("h€", "ISO-8859-1")`, `error: Invalid value for "text" parameter: it has letters that ISO-8859-1 has not.`},
		{`textencodebase64(bytes("\\xff"), "UTF-8")`, `error: Invalid value for "text" parameter: it is not text.`},
		{`textencodebase64("h", "klingon")`, `error: Invalid value for "encoding" parameter: there is no encoding "klingon"; known are UTF-8, UTF-16, UTF-16LE, UTF-16BE, those of ISO-8859, windows-125x, IBM437 and its like, KOI8-R, KOI8-U and macintosh.`},
		{`textdecodebase64("aADkAA==", "UTF-16LE")`, `"hä"`},
		{`textdecodebase64("/v8AaADk", "UTF-16")`, `"hä"`},
		{`textdecodebase64("aOQ=", "ISO-8859-1")`, `"hä"`},
		{`textdecodebase64("aADk", "UTF-16LE")`, `error: Call to function "textdecodebase64" failed: it is not a text in UTF-16LE.`},
		{`textdecodebase64("no base64", "UTF-8")`, `error: Invalid value for "text" parameter: it is not valid base64.`},
		{`urlencode("a b/ä")`, `"a+b%2F%C3%A4"`},
		{`bytes("a\\\\b")`, `"a\\b"`},
		{`bytes("\\n")`, `error: Call to function "bytes" failed: a backslash must be followed by a backslash, or by x and two hexadecimal digits.`},
		{`bytes("\\x00")`, `error: Call to function "bytes" failed: \x must be followed by two hexadecimal digits that are not 00.`},
		{`md5("x")`, `"9dd4e461268c8034f5c8564e155c67a6"`},
		{`sha1("x")`, `"11f6ad8ec52a2984abaafd7c3b516503785c2072"`},
		{`sha256("x")`, `"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"`},
		{`base64sha256("x")`, `"LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="`},
		{`sha512("")`, `"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"`},
		{`basename("/a/b")`, `"b"`},
		{`dirname("/a/b")`, `"/a"`},
		{`sensitive("x")`, `"x" (sensitive)`},
		{`nonsensitive(secret)`, `"hunter2"`},
		{`issensitive(secret)`, `true`},
		{`issensitive("x")`, `false`},
		{`cidrhost("10.0.0.0/8", 2)`, `"10.0.0.2"`},
		{`cidrhost("10.0.0.0/8", -1)`, `"10.255.255.255"`},
		{`cidrhost("10.0.0.0/30", 4)`, `error: Call to function "cidrhost" failed: a block of length /30 has no host of that number.`},
		{`cidrhost("10.0.0.0/8", 1.5)`, `error: Call to function "cidrhost" failed: the host number must be whole.`},
		{`cidrhost("fd00::/64", 1)`, `"fd00::1"`},
		{`cidrhost("10.0.0.0", 1)`, `error: Invalid value for "prefix" parameter: want an address block such as 10.0.0.0/8.`},
		{`cidrnetmask("10.0.0.0/12")`, `"255.240.0.0"`},
		{`cidrnetmask("fd00::/64")`, `error: Call to function "cidrnetmask" failed: only IPv4 has netmasks in writing.`},
		{`cidrsubnet("10.0.0.0/8", 8, 2)`, `"10.2.0.0/16"`},
		{`cidrsubnet("10.0.0.0/8", 8, 256)`, `error: Call to function "cidrsubnet" failed: 8 bits do not hold the number of the network.`},
		{`cidrsubnet("10.0.0.0/8", 8, -1)`, `error: Call to function "cidrsubnet" failed: the number of the network must be whole and not negative.`},
		{`cidrsubnet("10.0.0.0/8", 25, 0)`, `error: Call to function "cidrsubnet" failed: 25 bits more than /8 is longer than an address.`},
		{`cidrsubnet("10.0.0.0/8", -1, 0)`, `error: Call to function "cidrsubnet" failed: the number of new bits must be whole and not negative.`},
		{`cidrsubnet("10.0.0.0/8", 1.5, 0)`, `error: Call to function "cidrsubnet" failed: the number of new bits must be whole and not negative.`},
		{`cidrsubnets("10.0.0.0/8", 4, 8, 8)`, `["10.0.0.0/12","10.16.0.0/16","10.17.0.0/16"]`},
		{`cidrsubnets("10.0.0.0/8")`, `[]`},
		{`cidrsubnets("10.0.0.0/8", 1, 1, 1)`, `error: Invalid value for "newbits" parameter: the block has no room left.`},
		{`cidrsubnets("10.0.0.0/8", 0)`, `error: Invalid value for "newbits" parameter: the block cannot be cut by that many bits.`},
		{`cidrsubnets("10.0.0.0/33", 1)`, `error: Invalid value for "prefix" parameter: want an address block such as 10.0.0.0/8.`},
		{`format("%5s|%-5s", "a", "b")`, `"    a|b    "`},
		{`format("%1000000s", "a")`, `error: Invalid value for "format" parameter: a width or precision must be below 100000.`},
		{`indent(2, "a\nb")`, `"a\n  b"`},
		{`indent(100000000, "a\nb")`, `error: Call to function "indent" failed: the result would be larger than 64 MiB.`},
		{`join(",", ["a", "b"], ["c"])`, `"a,b,c"`},
		{`split(",", "a,b")`, `["a","b"]`},
		{`regexall("[ab]", "abc")`, `["a","b"]`},
		{`formatlist("%s-%s", ["a", "b"], "x")`, `["a-x","b-x"]`},
		{`jsondecode("{\"a\":[1]}")`, `{"a":[1]}`},
		{`jsondecode("{\"a\": 1,\n  }")`, `error: Call to function "jsondecode" failed: on line 2, column 3: invalid character '}' looking for beginning of object key string.`},
		{`jsondecode("{")`, `error: Call to function "jsondecode" failed: on line 1, column 2: unexpected end of JSON input.`},
		{`yamldecode("a: [1, x]")`, `{"a":[1,"x"]}`},
		{`yamldecode("a: &x [1]\nb: *x")`, `{"a":[1],"b":[1]}`},
		{`yamlencode({ a = [1] })`, `"\"a\":\n- 1\n"`},
		{`contains(["a"], "a")`, `true`},
		{`chunklist(["a", "b", "c"], 2)`, `[["a","b"],["c"]]`},
		{`coalesce(null, "a")`, `"a"`},
		{`compact(["a", "", null])`, `["a"]`},
		{`concat(["a"], [1])`, `["a",1]`},
		{`element(["a", "b"], 3)`, `"b"`},
		{`flatten([["a"], [["b"]]])`, `["a","b"]`},
		{`keys({ b = 1, a = 2 })`, `["a","b"]`},
		{`values({ b = 1, a = 2 })`, `[2,1]`},
		{`merge({ a = 1 }, { a = 2, b = 3 })`, `{"a":2,"b":3}`},
		{`range(3)`, `[0,1,2]`},
		{`reverse(["a", "b"])`, `["b","a"]`},
		{`setintersection(["a", "b"], ["b", "c"])`, `["b"]`},
		{`setsubtract(["a", "b"], ["b"])`, `["a"]`},
		{`setunion(["a"], ["b"])`, `["a","b"]`},
		{`slice(["a", "b", "c"], 1, 2)`, `["b"]`},
		{`sort(["b", "a"])`, `["a","b"]`},
		{`zipmap(["a", "b"], [1, 2])`, `{"a":1,"b":2}`},
		{`try(map.z, "else")`, `"else"`},
		{`can(map.z)`, `false`},
	} {
		if got := evaluate(t, c.expr, func(cty.Value) {}); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.expr, got, c.want)
		}
	}
}

// TestNonsensitiveAllows: allow receives exactly the values that are made public.
func TestNonsensitiveAllows(t *testing.T) {
	var allowed []string
	allow := func(v cty.Value) { allowed = append(allowed, v.AsString()) }
	evaluate(t, `[nonsensitive(secret), sensitive("x"), nonsensitive("y")]`, allow)
	if got := strings.Join(allowed, " "); got != "hunter2 y" {
		t.Errorf("allowed are %s", got)
	}
}
