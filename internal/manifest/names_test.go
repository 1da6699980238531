package manifest

import "testing"

// TestNames shows small manifests with references, variables and expressions, and their complete results.
func TestNames(t *testing.T) {
	checkManifests(t, []manifestCase{
		{
			"a local circle", `locals {
  a = local.b
  b = local.a
}`,
			`2:7: Circular reference: These references form a circle, so there is no value to begin with:
  - local.a refers to local.b (<stdin>:2)
  - local.b refers to local.a (<stdin>:3)`,
		},
		{"an unknown local", `locals { a = local.nane }`, `1:19: Unknown local: No local "nane" is declared. Declared are a. It is declared by locals { nane = … }.`},
		{
			"an unknown name", `file "/a" { mode = foo.bar }`,
			`1:20: Unknown name: There is no "foo" to refer to. A text has quotes: "foo.bar". A reference begins with var, local, secret, node, path, module, each, or a kind, such as file.`,
		},
		{"an unknown path", `file "/a" { content = path.root }`, `1:27: Unknown path: There is no path.root; path.module is the folder of the manifest.`},
		{"a name that is not finished", `file "/a" { content = var }`, `1:23: Incomplete reference: "var" must be followed by the name of a variable.`},
		{"an unknown resource", `file "/a" { mode = file.b.mode }`, `1:24: Unknown resource: No file "b" is declared. Declared are /a.`},
		{
			"a resource of another kind", `service "nginx" {}
file "/a" { depends_on = [package.nginx] }`,
			`2:34: Unknown resource: No package "nginx" is declared, but there is service.nginx.`,
		},
		{
			"an attribute that is not there", `service "s" {}
file "/a" { mode = service.s.mode }`,
			`2:29: Unknown attribute: A service has no attribute "mode". Its attributes are enabled, name, running.`,
		},
		{
			"a reference gives order", `package "p" { version = "1" }
file "/a" { content = "v${package.p.version}" }`,
			`package.p
  ensure = "present"
  name = "p"
  version = "1"
file["/a"]
  content = content "v1"
  path = "/a"
  after package.p: refers to package.p.version`,
		},
		{
			"a whole block", `file "/a" { mode = "0600" }
locals { f = file["/a"] }
file "/b" { mode = local.f.mode }`,
			`file["/a"]
  mode = "0600"
  path = "/a"
file["/b"]
  mode = "0600"
  path = "/b"
  after file["/a"]: refers to local.f.mode (file["/a"])`,
		},
		{
			"every block of a kind", `package "p" {}
package "q" {}
file "/a" { content = join(",", keys(package)) }`,
			`package.p
  ensure = "present"
  name = "p"
package.q
  ensure = "present"
  name = "q"
file["/a"]
  content = content "p,q"
  path = "/a"
  after package.p: refers to package (package.p)
  after package.q: refers to package (package.q)`,
		},
		{
			"a variable of a type", `variable "n" {
  type = number
  default = "7"
}
file "/a" { content = var.n + 1 }`,
			`file["/a"]
  content = content "8"
  path = "/a"`,
		},
		{
			"a variable of another type", `variable "n" {
  type = number
  default = "x"
}`,
			`3:13: Invalid value for a variable: The variable "n" must be of type number: a number is required, and "x" was given.`,
		},
		{
			"a sensitive variable of another type", `variable "n" {
  type = number
  default = "hunter2"
  sensitive = true
}`,
			`3:13: Invalid value for a variable: The variable "n" must be of type number; its value is sensitive, so it is not shown.`,
		},
		{
			"a default that refers", `locals { x = 1 }
variable "n" { default = local.x }`,
			`2:26: Not a constant: A variable's default is a constant, and local.x is none. What is made of other values is a local: locals { n = local.x }, which is local.n in place of var.n.`,
		},
		{
			"a sensitive default that fails", `variable "n" {
  sensitive = true
  default = tonumber("hunter2")
}`,
			`3:23: Invalid function argument: The reason is withheld, because it may quote a sensitive value.`,
		},
		{
			"a type with defaults", `variable "o" {
  type = object({ a = optional(string, "x") })
  default = {}
}
file "/a" { content = var.o.a }`,
			`file["/a"]
  content = content "x"
  path = "/a"`,
		},
		{
			"a type that is none", `variable "n" {
  type = strng
  default = 1
}`,
			`2:10: Invalid type specification: There is no type strng. Did you mean "string"?`,
		},
		{
			"validation", `variable "n" {
  default = 1
  validation {
    condition = var.n > 1
    error_message = "n must be more than ${1}"
  }
}`,
			`4:17: Invalid value for the variable "n": n must be more than 1. The value is from <stdin>:2.`,
		},
		{
			"validation that is no bool", `variable "n" {
  default = 1
  validation {
    condition = "x"
    error_message = "m"
  }
}`,
			`4:17: Invalid validation: The condition must be true or false.`,
		},
		{
			"validation of a secret", `variable "n" {
  default = "hunter2"
  sensitive = true
  validation {
    condition = false
    error_message = "not ${var.n}"
  }
}`,
			`5:17: Invalid value for the variable "n": The value does not pass the validation. Its message would quote a sensitive value, so it is not shown. The value is from <stdin>:2.`,
		},
		{
			"validation whose message fails", `variable "n" {
  default = 1
  validation {
    condition = false
    error_message = tonumber("x")
  }
}`,
			`5:31: Invalid function argument: The argument of tonumber is "x", which is no number.`,
		},
		{
			"a sensitive content", `variable "p" {
  default = "hunter2"
  sensitive = true
}
file "/a" { content = "x${var.p}" }`,
			`file["/a"]
  content = content "xhunter2" (secret)
  path = "/a"`,
		},
		{
			"a sensitive output", `output "o" {
  value = "x"
  sensitive = true
}`,
			``,
		},
		{"output without a value", `output "o" {}`, `1:12: Missing attribute: An output needs the attribute "value".`},
		{"an unknown block", `fil "/a" {}`, `1:1: Unsupported block type: There is no block "fil". Did you mean "file"?`},
		{"a division by zero", `file "/a" { content = 1 / 0 }`, `1:23: Operation failed: Error during operation: it divides by zero.`},
		{"an unknown function", `file "/a" { content = uper("x") }`, `1:23: Call to unknown function: There is no function "uper". Did you mean "upper"?`},
		{
			"a function that is left out", `file "/a" { content = uuid() }`,
			`1:23: Call to unknown function: There is no function "uuid". It is left out because its result is not the same every time and everywhere, so a plan could not foretell it.`,
		},
		{"too few arguments", `file "/a" { content = upper() }`, `1:29: Not enough function arguments: upper takes one argument; it is missing.`},
		{
			"a key that is missing", `locals { m = { port = 1 } }
file "/a" { content = local.m.prt }`,
			`2:30: Unsupported attribute: There is no "prt" in local.m. Did you mean "port"?`,
		},
		{
			"a large object, or none", `variable "on" { default = true }
locals { m = var.on ? { a = 1, b = "x" } : {} }
file "/a" { content = jsonencode(local.m) }`,
			`file["/a"]
  content = content "{\"a\":\"1\",\"b\":\"x\"}"
  path = "/a"`,
		},
		{
			"a tuple, or another", `variable "on" { default = false }
locals { m = var.on ? [1, 2] : ["x"] }
file "/a" { content = jsonencode(local.m) }`,
			`file["/a"]
  content = content "[\"x\"]"
  path = "/a"`,
		},
		{
			"facts", `file "/a" { content = "${node.os} ${node.nginx.version}" }`,
			`file["/a"]
  content = content "debian 1.22.1-9"
  path = "/a"`,
		},
		{
			"a template", `template "/t" {
  inline = "{{ .x }} {{ .node.os }}"
  vars = { x = 1 }
}`,
			`template["/t"]
  content = content "1 debian"
  path = "/t"`,
		},
		{
			"a template that fails", `template "/t" {
  inline = "\n{{ .y }}"
  vars = { x = 1 }
}`,
			`2:19: Invalid template: In template["/t"]: there is no "y". Did you mean "x"?`,
		},
		{
			"a template with a secret that fails", `template "/t" {
  inline = "{{ fail .x }}"
  vars = { x = sensitive("hunter2") }
}`,
			`2:16: Invalid template: In template["/t"]: cannot render {{fail .x}}; the reason is withheld, because it may quote a sensitive value.`,
		},
		{
			"declared twice", `file "/a" {}
file "/a" {}`,
			`2:1: Declared twice: file["/a"] is declared at <stdin>:1 already. One block says all of one thing; a block for another thing has a name of its own.`,
		},
		{
			"a variable twice", `variable "x" { default = 1 }
variable "x" { default = 2 }`,
			`2:1: Declared twice: The variable "x" is declared at <stdin>:1 already.`,
		},
		{
			"no HCL", `file "/a" {`,
			`1:12: Missing closing brace: The brace that opens on line 1 is not closed before the end of the file.`,
		},
	})
}
