package syntax

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// invalidHeredoc is the summary of the error after which the rest of a file cannot be parsed.
const invalidHeredoc = "Invalid heredoc"

// rephrase rewrites a parser's error for the author of a manifest: what the text is, and what to write instead. The
// parser only names the missing part of its grammar.
func rephrase(d *hcl.Diagnostic, src []byte) {
	if d.Subject == nil {
		return
	}
	at := around(src, *d.Subject)
	switch {
	case at.rephraseHeader(d, src), explainFor(d, src), at.rephraseFilter(d):
	case d.Summary == "Argument or block definition required" && at.unquotedLabel() != "":
		label := at.unquotedLabel()
		d.Summary, d.Detail = "Missing quotes", fmt.Sprintf("The name of a block has quotes: %s %q {", at.word, label)
		d.Subject, d.Context = partOf(src, d.Subject.End.Byte, label, *d.Subject), nil
	case d.Summary == "Argument or block definition required" || d.Summary == "Argument definition required":
		d.Summary, d.Detail = "Neither attribute nor block", at.explainStart()
	case strings.HasPrefix(d.Summary, "Missing ") && strings.HasSuffix(d.Summary, " separator"):
		if d.Detail = "Between two elements of a list or of an object in one line, and between two arguments of a function, stands a comma."; strings.Contains(d.Summary, "key/value") {
			d.Detail = "In an object an equals sign stands between a name and its value: { port = 80 }."
		}
		d.Summary = "Missing separator"
		d.Subject, d.Context = endBefore(src, *d.Subject), nil
	case d.Summary == "Invalid single-argument block definition" && at.isRestOfValue():
		d.Summary, d.Detail = "Missing newline after argument", at.explainRest()
	case d.Summary == "Missing newline after argument":
		d.Detail = at.explainRest()
	case d.Summary == "Invalid expression" && strings.HasPrefix(at.from, "<<"):
		d.Summary, d.Detail = invalidHeredoc, "The text of a heredoc begins on the line below its marker: nothing stands behind the marker, and a line with the marker alone ends the text."
	case d.Summary == "Invalid expression" && (at.word == "" || at.word == "\n"):
		d.Summary, d.Detail = "Missing value", at.explainMissing()
	case d.Summary == "Invalid template control keyword":
		name, _, _ := strings.Cut(at.from, "}")
		d.Detail = fmt.Sprintf("A text that holds %%{ itself, for another program, is written with %%%%{: %%%%{%s}. What %%{ begins here is if, for, else, endif or endfor.", strings.TrimSpace(name))
	case at.isInSequence() && strings.HasPrefix(at.from, "::"):
		d.Summary, d.Detail = "Not an expression", "A fact is written ${node.fqdn}, a variable ${var.NAME}."
	case d.Summary != "Unsupported operator" && at.isInSequence() && at.word != "'" && (d.Summary == "Invalid character" || d.Summary == "Invalid expression" || strings.HasPrefix(d.Summary, "Missing ") || strings.HasPrefix(d.Summary, "Invalid attribute name")):
		d.Summary, d.Detail = "Not an expression", "A text that holds ${ itself, for a shell or another program, is written with $${. Between ${ and } stands one expression, such as var.port."
	case d.Summary == "Invalid character" && at.word == ";" && strings.TrimSpace(at.before) == "":
		d.Detail = "A comment begins with # or //."
	case d.Summary == "Invalid character" && at.word == ";":
		d.Detail = "An attribute and a block end with their line, without a semicolon; elements of a list are separated by commas."
	case d.Summary == "Invalid character" && at.word == "'" && (strings.HasSuffix(at.before, "<<") || strings.HasSuffix(at.before, "<<-")):
		d.Detail = "The marker of a heredoc has no quotes: <<EOT. In its text ${ is written $${, and %{ is written %%{, where they are meant as they stand."
	case d.Summary == "Invalid character" && at.word == "'":
		d.Detail = "Single quotes are not valid: a text has double quotes, also between ${ and }."
	case d.Summary == "Invalid character" && at.word == "`":
		d.Detail = "A text has double quotes. What a command prints is no value: a command is an exec, with command = [\"…\"]."
	case strings.HasSuffix(at.before, "=") && strings.HasPrefix(at.from, "~") || strings.HasPrefix(at.from, "=~"):
		d.Detail = "Whether a text matches a regular expression is can(regex(PATTERN, TEXT)); startswith, endswith and strcontains compare a part."
	case d.Summary == "Unsupported operator" || d.Summary == "Invalid character" && (at.word == "&" || at.word == "|"):
		d.Detail = "Conditions are joined by && and ||. A pipe of a shell stands in a text: command = \"… | …\"; filters of templates are functions: upper(var.name)."
	case d.Summary == "Invalid expression" && at.word == ":" && hclsyntax.ValidIdentifier(firstIdentifier(at.after)):
		d.Detail = fmt.Sprintf("A text has quotes and no colon before it: %q.", firstIdentifier(at.after))
	case d.Summary == "Invalid expression":
		d.Detail = "Here a value is expected: a text in quotes, a number, true or false, a list in [ ], an object in { }, or a reference such as var.port."
	case d.Summary == "Invalid attribute name" && strings.HasPrefix(strings.TrimLeft(at.from, "."), `"`):
		d.Detail = at.explainQuotedName()
	case d.Summary == "Invalid character" && at.word == "$" && strings.HasSuffix(at.before, `"`):
		d.Detail = `The text ends before the $. A quote in a text is written \".`
	case d.Summary == "Invalid character" && at.word == "$" && isShouted(firstIdentifier(at.after)):
		d.Detail = fmt.Sprintf("The environment is not read, but for CONVERGE_VAR_NAME, which sets the variable NAME: var.NAME. A text that holds $%s itself, for a shell, has quotes.", firstIdentifier(at.after))
	case d.Summary == "Invalid character" && at.word == "$" && strings.HasPrefix(at.after, "{") && strings.Contains(at.after, "}"):
		inner, _, _ := strings.Cut(at.after[1:], "}")
		d.Detail = fmt.Sprintf("${ } is for texts, between quotes: here %s stands alone.", strings.TrimSpace(inner))
	case d.Summary == "Invalid character" && at.word == "$":
		d.Detail = "A reference has no $ in front of it: var.port, local.name, node.fqdn. In a text it is written \"${var.port}\"."
	case d.Summary == "Invalid character" && at.word == "\\":
		d.Detail = "No backslash continues a line. In brackets and parentheses a line may end behind a comma; a text of several lines is a heredoc, from <<-EOT to a line with EOT."
	case d.Summary == "Invalid argument name" && strings.Contains(at.from, "{") && !strings.Contains(at.from, "="), d.Summary == "Invalid argument name" && strings.Count(at.from, "\"") > 3 && strings.Contains(at.from, "{"):
		d.Detail = "The kind of a block has no quotes: file \"NAME\" { … }. Nor has the name of an attribute."
	case d.Summary == "Invalid character" && strings.HasPrefix(d.Detail, "This character is not used"):
		d.Detail = describeCharacter(at.word)
	case d.Summary == "Attribute redefined":
		d.Detail = redefined(d.Detail)
	default:
		markDirective(d, src)
		for _, p := range phrases() {
			if d.Summary == p.summary && strings.HasPrefix(d.Detail, p.detail) {
				d.Detail = p.here
			}
		}
	}
}

// rephraseHeader rewrites an error about a line that was meant as the header of a block, or as a statement of another
// language; false for other lines.
func (s spot) rephraseHeader(d *hcl.Diagnostic, src []byte) bool {
	switch name := firstWord(s.before); {
	case s.isInStatement(d.Summary):
		d.Summary, d.Detail = "No statement", explainStatement(name)
		d.Subject, d.Context = s.firstWordRange(*d.Subject), nil
	case d.Summary == "Invalid block definition" && slices.Contains([]string{"include_recipe", "include_tasks", "import_playbook", "import_tasks", "contain", "include", "import", "require", "source", "load", "use"}, name):
		d.Detail = "No file is included: every *.hcl file of the folder counts, and another folder is used by module \"NAME\" { source = \"./NAME\" }."
	case d.Summary == "Invalid block definition" && (s.word == "=" || s.word == ":") && strings.HasPrefix(s.after, "{"):
		d.Detail = fmt.Sprintf("Nothing stands between the name of a block and its brace: %s {", s.header())
	case d.Summary == "Invalid block definition" && s.word == "\n" && strings.HasPrefix(nextText(src, d.Subject.End.Byte), "{"):
		d.Detail = fmt.Sprintf("The brace that opens a block stands in the line of its name: %s {", s.header())
	case d.Summary == "Invalid block definition" && s.word == "\n" && s.lastValue() != "":
		d.Summary, d.Detail = "Missing equals sign", fmt.Sprintf("Between the name of an attribute and its value stands an equals sign: %s = %s.", name, s.lastValue())
		if strings.HasPrefix(s.before, name) {
			d.Summary, d.Detail = "Missing braces", fmt.Sprintf("A block has braces, with its attributes between them: %s { … }, or {} without any.", s.header())
		}
		d.Subject, d.Context = s.firstWordRange(*d.Subject), nil
	default:
		return false
	}
	return true
}

// phrase replaces the text of a parser's error.
type phrase struct{ summary, detail, here string }

func phrases() []phrase {
	const lines = "Each attribute stands on a line of its own. A block on one line has one attribute, and ends on that line."
	return []phrase{
		{"Invalid block definition", "", "Behind the name of an attribute stands an equals sign; the header of a block ends with a brace on the same line."},
		{"Invalid single-argument block definition", "", lines},
		{"Unexpected comma after argument", "", "An attribute ends with its line, without a comma. Commas are between the elements of a list or an object."},
		{"Invalid character", "\"Curly quotes\"", "A typographic quote stands here; a text has straight ones: \"nginx\"."},
		{"Missing newline after block definition", "", "A block ends with its line: the next one begins on a line of its own."},
		{"Invalid character encoding", "", "The bytes here are no text in UTF-8: save the file in UTF-8, or convert it, from Latin-1 by iconv -f LATIN1 -t UTF-8."},
		{"Invalid argument name", "", "The name of an attribute has no quotes."},
		{"Missing false expression in conditional", "", "A condition has two values: CONDITION ? VALUE : OTHER. The colon and the second one are missing. null leaves an attribute out."},
		{"Invalid string literal", "Template sequences", "The name of a block is a constant, so it holds no ${…}. What differs is set by an attribute: path = \"/srv/${var.name}\". A $ itself is written $${."},
		{"Invalid attribute name", "", "A name is missing behind the dot."},
		{"Invalid 'for' expression", "For expression requires a colon", "A colon is missing before the result: [for x in LIST : RESULT]."},
		{"Invalid 'for' expression", "Key expression is required", "An object is made by NAME => VALUE: { for k, v in MAP : k => v }. A list is made in brackets: [for v in LIST : v]."},
		{"Invalid 'for' expression", "Key expression is not valid", "A list has no names: [for v in LIST : v]. An object is made in braces: { for k, v in MAP : k => v }."},
		{"Invalid escape sequence", "The symbol", `In a text a backslash begins \n, \t, \", \\ or \uXXXX. A backslash itself is written \\; in a heredoc it needs no second one.`},
		{"Invalid escape sequence", `The \u`, `Behind \u four hexadecimal digits are expected. A backslash itself is written \\; in a heredoc it needs no second one.`},
		{"Extra characters after interpolation expression", "", "Between ${ and } stands one expression. A text that holds ${ itself, for a shell, is written with $${."},
	}
}

// isShouted reports whether a name is in capitals, like an environment variable.
func isShouted(name string) bool { return name != "" && name == strings.ToUpper(name) }

// firstIdentifier returns the name that a text begins with.
func firstIdentifier(s string) string {
	i := strings.IndexFunc(s, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if i < 0 {
		return s
	}
	return s[:i]
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return word
}

// redefined shortens the parser's text about an attribute that is set twice.
func redefined(detail string) string {
	name, rest, _ := strings.Cut(strings.TrimPrefix(detail, "The argument "), " was already set at ")
	place, _, _ := strings.Cut(rest, ". ")
	if i := strings.LastIndexByte(place, ','); i >= 0 {
		place = place[:i]
	}
	return fmt.Sprintf("%s is set at %s already, and an attribute is set once.", name, place)
}

// spot is the text around the word that an error marks.
type spot struct {
	word   string // the word itself
	from   string // its line, from the word on
	before string // its line before the word
	after  string // the rest of the line behind it
}

func around(src []byte, r hcl.Range) spot {
	if r.Start.Byte > r.End.Byte || r.End.Byte > len(src) {
		return spot{}
	}
	line := src[bytes.LastIndexByte(src[:r.Start.Byte], '\n')+1:]
	at := r.Start.Byte - (len(src) - len(line))
	line, _, _ = bytes.Cut(line, []byte("\n"))
	at = min(at, len(line))
	end := min(at+r.End.Byte-r.Start.Byte, len(line))
	return spot{word: string(src[r.Start.Byte:r.End.Byte]), from: string(line[at:]), before: string(line[:at]), after: strings.TrimSpace(string(line[end:]))}
}

// unquotedLabel returns the text between the first word of a line and its final brace, if it could be a name in quotes;
// "" if not.
func (s spot) unquotedLabel() string {
	label, isHeader := strings.CutSuffix(s.after, "{")
	label = strings.TrimSpace(label)
	if !isHeader || strings.TrimSpace(s.before) != "" || !hclsyntax.ValidIdentifier(s.word) || label == "" || strings.ContainsAny(label, " \t\"'[]{}()=:$#,;") || label[0] == '.' {
		return ""
	}
	return label
}

// partOf returns the range of a text in the line of a range, after an offset.
func partOf(src []byte, from int, text string, r hcl.Range) *hcl.Range {
	i := bytes.Index(src[from:], []byte(text))
	column := r.End.Column + utf8.RuneCount(src[from:from+i])
	r.Start = hcl.Pos{Line: r.Start.Line, Column: column, Byte: from + i}
	r.End = hcl.Pos{Line: r.Start.Line, Column: column + utf8.RuneCountInString(text), Byte: from + i + len(text)}
	return &r
}

// isInSequence reports whether the word is between ${ and } of a text.
func (s spot) isInSequence() bool {
	opened := strings.LastIndex(s.before, "${")
	return opened >= 0 && !strings.HasSuffix(s.before[:opened], "$") && !strings.Contains(s.before[opened:], "}") || s.word == "${"
}

// explainQuotedName shows how to refer to a name that is not an identifier: file."/etc/motd" becomes file["/etc/motd"].
func (s spot) explainQuotedName() string {
	kind := strings.TrimRight(s.before, ".")
	if i := strings.LastIndexFunc(kind, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }); i >= 0 {
		kind = kind[i+1:]
	}
	name, _, closed := strings.Cut(strings.TrimLeft(s.from, `."`), `"`)
	if !closed {
		name = "NAME"
	}
	return fmt.Sprintf("A name in quotes stands in brackets, without a dot: %s[%q].", kind, name)
}

// endBefore returns the place after the last word before a range, where something is missing.
func endBefore(src []byte, r hcl.Range) *hcl.Range {
	rest := bytes.TrimRight(src[:min(r.Start.Byte, len(src))], " \t\r\n")
	if len(rest) == 0 {
		return &r
	}
	between := src[len(rest):r.Start.Byte]
	at := hcl.Pos{Line: r.Start.Line - bytes.Count(between, []byte("\n")), Byte: len(rest)}
	at.Column = 1 + len([]rune(string(rest[bytes.LastIndexByte(rest, '\n')+1:])))
	return &hcl.Range{Filename: r.Filename, Start: at, End: at}
}

// explainMissing describes the value that is missing at the end of a line.
func (s spot) explainMissing() string {
	before := strings.TrimRight(s.before, " \t")
	name, _, isAssigned := strings.Cut(before, "=")
	if isAssigned && before == name+"=" {
		return "Behind the equals sign a value is missing. null leaves an attribute out."
	}
	for _, operator := range []string{"?", ":"} {
		if strings.HasSuffix(before, operator) && strings.Contains(before, "?") {
			return "A condition has two values: CONDITION ? VALUE : OTHER. Behind the " + operator + " one is missing. null leaves an attribute out."
		}
	}
	for _, operator := range []string{"&&", "||", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "!", "<", ">"} {
		if strings.HasSuffix(before, operator) {
			return "Behind " + operator + " a value is missing."
		}
	}
	return "Behind the equals sign a value is missing. null leaves an attribute out."
}

// explainStart describes an error at a place where an attribute or a block should begin.
func (s spot) explainStart() string {
	switch {
	case strings.HasPrefix(s.after, "=>"):
		return s.explainArrow()
	case strings.HasPrefix(s.after, "::"):
		return `A name has no colons. A reusable part is a folder with variables, used by module "NAME" { source = "./NAME" }.`
	case strings.HasPrefix(s.after, ":"):
		return "An attribute is set with an equals sign, not with a colon: NAME = VALUE."
	case strings.HasPrefix(s.after, "=="):
		return fmt.Sprintf("== compares two values. An attribute is set with one equals sign: %s = ….", s.word)
	case strings.HasPrefix(s.after, "+=") || strings.HasPrefix(s.after, "||=") || strings.HasPrefix(s.after, "?="):
		return fmt.Sprintf("An attribute is set once, as a whole: %s = …. Lists are joined by concat(a, b), texts in one text: \"${a}${b}\".", s.word)
	case strings.Contains(s.after, "{") && strings.HasPrefix(s.after, "[") && strings.TrimSpace(s.before) == "":
		return fmt.Sprintf(`A block has one name. Several resources are made by for_each: %s "NAME" { for_each = toset(["a", "b"]) … }.`, s.word)
	case strings.HasSuffix(s.after, "{") && strings.TrimSpace(s.before) == "":
		return fmt.Sprintf("The name of a block has quotes: %s \"NAME\" { … }.", s.word)
	case s.word != "" && strings.HasPrefix(s.from, s.word+" ") && isValueStart(s.after) && hclsyntax.ValidIdentifier(s.word):
		return fmt.Sprintf("Between the name of an attribute and its value stands an equals sign: %s = %s.", s.word, s.after)
	case strings.HasPrefix(s.after, ".") && strings.Contains(s.after, "{") && strings.TrimSpace(s.before) == "":
		name, _, _ := strings.Cut(s.after[1:], "{")
		return fmt.Sprintf("A block is KIND \"NAME\" { … }: %s %q { … }. With a dot it is referred to.", s.word, strings.TrimSpace(name))
	case strings.HasPrefix(s.after, ".") || strings.HasPrefix(s.after, "["):
		return "What is set is a name alone. A part of an object is set with the whole: env = { PATH = \"/bin\" }."
	case s.word == "[" && strings.TrimSpace(s.before) == "" && strings.HasSuffix(s.from, "]"):
		name := strings.Trim(s.from, "[] ")
		return fmt.Sprintf("A section of another file is no part of a block. In a unit it is sections = { %s = { NAME = \"VALUE\" } }; the text of a file is content, and one key of a file is the kind setting.", name)
	case strings.HasPrefix(s.from, "/*"):
		return "The comment that begins here has no */."
	case strings.HasPrefix(s.word, `"`):
		return "The name of an attribute has no quotes. Names with other characters are in an object: NAME = { \"net.core\" = 1 }."
	case strings.HasPrefix(s.from, "- "):
		return "A list stands in brackets, with commas: NAME = [\"a\", \"b\"]. This is the form of YAML."
	case strings.HasPrefix(s.word, "-"):
		return "A comment begins with # or //."
	case hclsyntax.ValidIdentifier(s.word):
		return fmt.Sprintf("%q alone says nothing: an attribute is %s = VALUE, a block is KIND \"NAME\" { … }.", s.word, s.word)
	}
	return "Here an attribute is expected, NAME = VALUE, or a block, KIND \"NAME\" { … }."
}

// explainRest describes an error after a complete value.
func (s spot) explainRest() string {
	const ends = "A value ends with its line. "
	word := s.from
	if i := strings.IndexFunc(word, func(r rune) bool { return r == ' ' || r == '\t' || r == '(' }); i > 0 {
		word = word[:i]
	}
	before := strings.Fields(s.before)
	switch {
	case len(before) > 0 && len(before[len(before)-1]) == 2 && before[len(before)-1][0] == '-' && unicode.IsLetter(rune(before[len(before)-1][1])):
		return "No expression looks at the host. Whether a command has to run is an exec's creates, only_if or unless; a question to the host is a check; when = … is about node and variables."
	case strings.HasSuffix(s.before, `"`) && strings.Count(s.before, `"`)%2 == 0 && strings.Contains(s.from, `"`) && word != "" && unicode.IsLetter([]rune(word)[0]):
		return ends + `A quote in a text is written \".`
	case strings.HasPrefix(s.from, "}"):
		return ends + "The brace that closes a block of several lines stands on a line of its own."
	case word == "and" || word == "or":
		return fmt.Sprintf("%q is written %s.", word, map[string]string{"and": "&&", "or": "||"}[word])
	case word == "in" || word == "is":
		return "No word compares: whether a list has an element is contains(LIST, VALUE), whether two values are the same ==."
	case len(before) > 0 && before[len(before)-1] == "not":
		return "\"not\" is written !, in front of what it denies."
	case len(before) > 0 && before[len(before)-1] == "if" || word == "if" || word == "then" || word == "unless":
		return "A choice is written CONDITION ? VALUE : OTHER. null as one of them leaves an attribute out."
	case strings.HasPrefix(s.from, "(") && strings.Contains(s.before, "."):
		return "An attribute and an action have no parentheses: service.nginx.restart. Functions have them, and no dots."
	case strings.HasPrefix(s.from, "=") && strings.Count(s.before, "=") > 0:
		return "Two values are compared by ==. One equals sign sets an attribute, on a line of its own."
	case strings.HasPrefix(s.from, "=") || strings.Contains(s.after, "="):
		return ends + "Each attribute stands on a line of its own."
	case strings.HasPrefix(s.from, `"`) && len(before) > 0 && slices.Contains(strings.Fields("f r b u rb fr F R B U"), before[len(before)-1]):
		return fmt.Sprintf("%sNo letter stands before a text: without the %s, and what is filled in is written \"${var.port}\".", ends, before[len(before)-1])
	case strings.HasPrefix(s.from, "|"):
		return ends + "Filters of templates are functions: upper(var.name). A pipe of a shell stands in a text."
	case strings.HasPrefix(s.from, `"`) && len(before) > 0 && hclsyntax.ValidIdentifier(before[len(before)-1]):
		return fmt.Sprintf("%sA function has parentheses: %s(…). A text has quotes around the whole of it.", ends, before[len(before)-1])
	}
	return ends + "A text has quotes around the whole of it; a list stands in brackets, with commas."
}
