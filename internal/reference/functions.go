package reference

import (
	"slices"
	"strings"
)

// listFunctions returns the functions of the language. The name of an item is a call of the function.
func listFunctions() []item {
	var out []item
	for line := range strings.Lines(functions) {
		if call, doc, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			out = append(out, item{call, "function", doc})
		}
	}
	return out
}

// Functions lists the functions of the language, in order.
func Functions() []string {
	var out []string
	for _, it := range listFunctions() {
		out = append(out, nameOfCall(it.name))
	}
	slices.Sort(out)
	return out
}

func nameOfCall(call string) string {
	name, _, _ := strings.Cut(call, "(")
	return name
}

// functions has a line for each function: its call, and its result.
const functions = `
abs(number): The number without its sign.
ceil(number): The next whole number that is not smaller.
floor(number): The next whole number that is not larger.
log(number, base): The logarithm of a number.
max(numbers...): The largest of some numbers.
min(numbers...): The smallest of some numbers.
parseint(text, base): The whole number that a text is in a base from 2 to 62.
pow(number, power): A number raised to a power.
signum(number): -1, 0 or 1, by the sign of a number.
sum(numbers): The sum of a list of numbers.
chomp(text): The text without the line breaks at its end.
endswith(text, end): Whether a text ends so.
format(format, values...): A text with values in place of %s, %d, %05.1f, %q, %v and the like.
formatdate(format, time): A time such as "2026-01-31T12:00:00Z" in another form: "DD.MM.YYYY hh:mm".
formatlist(format, lists...): A list of texts, as format makes one of the elements at each place of the lists.
indent(spaces, text): The text with spaces before each line but the first.
join(separator, lists...): The elements of lists as one text.
lower(text): The text in lower case.
regex(pattern, text): The first match of a regular expression (RE2); with groups, a list or an object of these. No match is an error.
regexall(pattern, text): The list of all matches of a regular expression.
replace(text, old, new): The text with each old part replaced. If old is written /so/, it is a regular expression, and $1 in new its first group.
split(separator, text): The parts of a text as a list.
startswith(text, start): Whether a text starts so.
strcontains(text, part): Whether a part is in a text.
strrev(text): The text backwards.
substr(text, offset, length): A part of a text; an offset below 0 counts from the end, and the length -1 means all the rest.
timeadd(time, duration): A time moved by a duration such as "36h".
timecmp(a, b): -1, 0 or 1: whether one time is before another, equal to it, or after it; a time is written 2026-11-21T02:13:00Z.
title(text): The text with the first letter of each word in upper case.
trim(text, characters): The text without these characters at its start and its end.
trimprefix(text, start): The text without that start, if it has it.
trimspace(text): The text without white space at its start and its end.
trimsuffix(text, end): The text without that end, if it has it.
upper(text): The text in upper case.
alltrue(list): Whether all elements are true; of an empty list, true.
anytrue(list): Whether an element is true.
chunklist(list, size): The list cut into lists of that size.
coalesce(values...): The first value that is neither null nor an empty text.
coalescelist(lists...): The first list that is not empty.
compact(list): A list of texts without those that are empty or null.
concat(lists...): All lists as one.
contains(list, value): Whether a list has that element.
distinct(list): The list without repeated elements.
element(list, index): The element at a place counted from 0; behind the last one it begins anew.
flatten(list): The list with the elements of the lists in it.
index(list, value): The place of an element, counted from 0. None is an error.
keys(map): The keys of a map or an object, sorted.
length(value): The number of elements, or of letters of a text.
lookup(map, key, default): The element of a key, or the default.
matchkeys(values, keys, searchset): The values whose keys, at the same places, are in the set searched for.
merge(maps...): All maps or objects as one; of equal keys the last counts.
one(list): The only element of a list, or null if it is empty. More than one is an error.
range(start, limit, step): The numbers from start, which may be left out, up to the limit, without it.
reverse(list): The list backwards.
setintersection(sets...): The elements that are in all sets.
setproduct(sets...): All combinations of one element of each set or list.
setsubtract(set, other): The elements that are not in the other set.
setunion(sets...): The elements that are in any of the sets.
slice(list, start, end): The elements from start up to end, without it, counted from 0.
sort(list): A list of texts in order.
transpose(map): A map from texts to lists of texts, turned round.
values(map): The elements of a map, in the order of their keys.
zipmap(keys, values): A map of a list of keys and a list of values.
tobool(value): The value as a bool.
tolist(value): The value as a list.
tomap(value): The value as a map.
tonumber(value): The value as a number.
toset(value): The value as a set, without repeated elements.
tostring(value): The value as a text.
can(expression): Whether an expression has a value; false if it is an error.
try(expressions...): The value of the first expression that is no error.
base64decode(text): What a text in base64 stands for, also if that is no text.
base64encode(text): The bytes of a text in base64.
base64gunzip(text): The text that was packed with gzip and written in base64.
bytes(text): The bytes that a text with escapes such as \xff stands for; \\ is a backslash.
csvdecode(text): Lines of CSV as a list of objects, by the names in the first line.
jsondecode(text): The value that a text in JSON stands for.
jsonencode(value): The value as JSON.
textdecodebase64(text, encoding): The text that is written in an encoding such as "UTF-16LE", and then in base64.
textencodebase64(text, encoding): A text in an encoding such as "UTF-16LE" or "ISO-8859-1", in base64.
urldecode(text): The text that urlencode has made of another one; a plus is a space, too.
urlencode(text): The text as part of a URL.
yamldecode(text): The value that a text in YAML stands for.
yamlencode(value): The value as YAML.
base64sha256(text): The SHA-256 digest of a text, in base64.
base64sha512(text): The SHA-512 digest of a text, in base64.
md5(text): The MD5 digest of a text, in hexadecimal digits. It protects against nobody.
sha1(text): The SHA-1 digest of a text, in hexadecimal digits. It protects against nobody.
sha256(text): The SHA-256 digest of a text, in hexadecimal digits.
sha512(text): The SHA-512 digest of a text, in hexadecimal digits.
uuidv5(namespace, name): The UUID that belongs to a name in a namespace: "dns", "url", "oid", "x500" or another UUID.
cidrcontains(prefix, address): Whether an address block contains an address, or all of another block.
cidrhost(prefix, hostnum): The address of a host in a block of addresses; below 0 it counts from the end.
cidrnetmask(prefix): The netmask of a block of IPv4 addresses.
cidrsubnet(prefix, newbits, netnum): The block of a number among those that are longer by some bits.
cidrsubnets(prefix, newbits...): Blocks that follow each other, each longer than the prefix by that many bits.
basename(path): The last name of a path.
dirname(path): A path without its last name.
file(path): The content of a file, from the manifest's folder. It is read when the manifest is evaluated.
filebase64(path): The content of a file in base64.
filebase64sha256(path): The SHA-256 digest of a file, in base64.
filebase64sha512(path): The SHA-512 digest of a file, in base64.
fileexists(path): Whether there is such a file.
filemd5(path): The MD5 digest of a file.
fileset(folder, pattern): The set of the paths, from the folder, of its regular files that match: "*", "?" and "[a-z]" stand for characters of one name, "**" for any number of folders.
filesha1(path): The SHA-1 digest of a file.
filesha256(path): The SHA-256 digest of a file.
filesha512(path): The SHA-512 digest of a file.
templatefile(path, vars): What Go's text/template makes of a file that is a template, as the kind template does; vars are the names in it.
templatestring(template, vars): What Go's text/template makes of a text that is a template, with variables, as templatefile does.
issensitive(value): Whether a value is sensitive.
nonsensitive(value): The value, which may be shown from here on.
sensitive(value): The value, which is shown nowhere from here on.
before(action): In notifies: the action runs right before the resource is changed, if it will be.
immediately(action): In notifies: the action runs right after the resource was changed, and not at the end of the run.
`
