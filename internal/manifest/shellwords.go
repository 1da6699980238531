package manifest

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/source"
	"converge/internal/resource"
)

// warnShellWords warns of a word in a command list that a shell would interpret, but that the program gets unchanged: a
// pipe, a redirection, a variable, a file pattern. It is only a warning, because a program may want such a word.
func warnShellWords(files *source.Files, a *resource.Attr, expr hcl.Expression) hcl.Diagnostics {
	list, ok := expr.(*hclsyntax.TupleConsExpr)
	if !ok || a.Secret || !slices.Contains([]string{"command", "only_if", "unless"}, a.Name) || len(list.Exprs) < 2 {
		return nil
	}
	words := make([]shellWord, len(list.Exprs))
	for i, e := range list.Exprs {
		words[i] = readShellWord(files, e)
	}
	program := path.Base(words[0].text)
	if readsOperators(program) {
		return nil
	}
	for i := 1; i < len(words); i++ {
		what := words[i].meaning(words[:i], i+1 < len(words))
		if what == "" {
			continue
		}
		at := list.Exprs[i].Range()
		form := a.Name + ` = "` + commandLine(words) + `"`
		if a.Type != cty.DynamicPseudoType {
			form = a.Name + ` = ["/bin/sh", "-c", "` + commandLine(words) + `"]`
		}
		return hcl.Diagnostics{{
			Severity: hcl.DiagWarning, Summary: "Word for a shell", Subject: &at,
			Detail: fmt.Sprintf("%s is %s, and no shell reads a list of words: %s gets it as it stands. As one text a shell reads it: %s", words[i].raw, what, program, form),
		}}
	}
	return nil
}

// shellWord is a word of a command as written. All words of all commands are examined, so only few of them may be
// matched against patterns.
type shellWord struct {
	raw    string // with its quotes
	inner  string // between them, as written in another text
	text   string // its value; "" if it is not constant
	shelly bool   // a shell interprets it: it is not quoted in the line
}

func readShellWord(files *source.Files, e hclsyntax.Expression) shellWord {
	w := shellWord{raw: files.TextAt(e.Range())}
	w.inner = "${" + w.raw + "}"
	if strings.HasPrefix(w.raw, `"`) && strings.HasSuffix(w.raw, `"`) && len(w.raw) > 1 {
		w.inner = w.raw[1 : len(w.raw)-1]
	}
	if t, ok := e.(*hclsyntax.TemplateExpr); ok && t.IsStringLiteral() {
		if v, diags := t.Value(nil); !diags.HasErrors() && v.Type() == cty.String {
			w.text = v.AsString()
		}
	}
	w.shelly = w.isOperator() || w.isExpanded() || w.isPattern()
	return w
}

func (w shellWord) isOperator() bool {
	return strings.ContainsAny(w.text, "|&;<>") && regexp.MustCompile(`^(\|\|?|\|&|&&?|;|[0-9&]?>>?|<|<<<?|[0-9&]?>>?&[0-9-]|[0-9&]?>>?/dev/null|</dev/null)$`).MatchString(w.text)
}

// isExpanded reports whether a shell replaces the word, or its beginning.
func (w shellWord) isExpanded() bool {
	return strings.ContainsAny(w.text, "$`~") && regexp.MustCompile("(^|[/=:])\\$(\\{[A-Z_][A-Z0-9_]*\\}|[A-Z_][A-Z0-9_]*)($|[/.:_-])|^\\$\\(.+\\)$|^`.+`$|^~/").MatchString(w.text)
}

func (w shellWord) isPattern() bool {
	return strings.ContainsAny(w.text, "*?{") && regexp.MustCompile(`^[\w./-]*/[\w./-]*(\*|\?|\{\w+(,\w+)+\})[\w./*?-]*$|^\*(\.\w+)?$`).MatchString(w.text)
}

// meaning returns what the word means to a shell; "" if it means nothing, or is as likely meant for the program. before
// are the words before it.
func (w shellWord) meaning(before []shellWord, more bool) string {
	program := path.Base(before[0].text)
	last := before[len(before)-1].text
	switch {
	case w.isOperator() && isSeparatorOption(last), w.text == "|" && len(before) == 1 && !more, w.text == ";" && len(before) == 1 && !more:
		return ""
	case w.isOperator() && len(before) == 1 && slices.Contains(strings.Fields("grep egrep fgrep tr echo printf sed awk cut jq logger"), program):
		return ""
	case w.text == "|" || w.text == "|&":
		return "a pipe of a shell"
	case w.isOperator() && strings.ContainsAny(w.text, "<>"):
		return "a redirection of a shell"
	case w.isOperator() && w.text == ";" && more, w.isOperator() && w.text != ";":
		return "an operator of a shell"
	case w.isExpanded() && program != "envsubst":
		return expansion(w.text)
	case w.isPattern() && slices.Contains(strings.Fields("rm cp mv ls cat chmod chown chgrp ln touch wc head tail stat du install shred gzip gunzip md5sum sha256sum rmdir test"), program):
		return "a pattern of a shell"
	}
	return ""
}

func expansion(text string) string {
	switch {
	case strings.HasPrefix(text, "~"):
		return "the home folder to a shell"
	case strings.HasPrefix(text, "`"), strings.HasPrefix(text, "$("):
		return "a command to a shell"
	}
	return "a variable of a shell"
}

// readsOperators reports whether a program interprets shell words itself, or passes its words to a shell.
func readsOperators(program string) bool {
	return slices.Contains(strings.Fields("sh bash dash ash ksh mksh zsh busybox ssh find test [ expr sudo su runuser env xargs perl python python3 ruby php node docker podman psql mysql mariadb sqlite3 parallel watch tmux screen"), program)
}

// isSeparatorOption reports whether an option takes a separator character as its value.
func isSeparatorOption(word string) bool {
	return slices.Contains([]string{"-d", "-F", "-t", "-s", "-e", "-R", "--delimiter", "--field-separator", "--separator", "--sep", "--regexp", "--output-delimiter"}, word)
}

// commandLine joins words to a line for a shell that fits between the quotes of a text.
func commandLine(words []shellWord) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.inner
		plain := regexp.MustCompile(`^[\w./:=@%+,$\{\}~^-]+$`).MatchString(w.inner)
		switch {
		case w.shelly || plain:
		case strings.ContainsAny(w.text, "$`") && !strings.Contains(w.inner, `"`):
			out[i] = `\"` + w.inner + `\"`
		case !strings.Contains(w.inner, "'"):
			out[i] = "'" + w.inner + "'"
		}
	}
	return strings.Join(out, " ")
}
