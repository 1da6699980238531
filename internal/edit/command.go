package edit

import "strings"

// commands tracks, word by word, the commands of a shell that contain others.
type commands struct {
	open  []command
	ready bool  // a command may begin here
	named bool  // the name of a function follows
	row   int   // of the present line
	depth []int // by how many commands each row is nested deeper than the one above
}

// command is an open command.
type command struct {
	end string // the word that ends it
	row int    // where it begins
}

// insideCommands reports for each line of a file whether it begins inside an if, a loop, a case, a function or a
// subshell, so that a shell may not reach it. A command without an end in the file does not count: a shell would
// refuse it, so none reads the file.
func (f rules) insideCommands(lines []row) []bool {
	out, inside := make([]bool, len(lines)), f.inside(lines)
	c := commands{depth: make([]int, len(lines)+1)}
	for i, r := range lines {
		if c.row = i; !inside[i] {
			c.read(r.text)
		}
	}
	depth := 0
	for i := range lines {
		depth += c.depth[i]
		out[i] = depth > 0
	}
	return out
}

// read processes the words of a line.
func (c *commands) read(text string) {
	c.ready = true
	for i := 0; i < len(text); {
		switch b := text[i]; {
		case isBlank(b):
			i++
		case b == '#':
			return
		case strings.IndexByte(";&|", b) >= 0:
			c.ready = true
			i++
		case b == '(':
			c.begin(")")
			i++
		case b == ')':
			c.end(")")
			c.ready = true // also behind the pattern of a case
			i++
		default:
			end := i + wordLength(text[i:])
			c.word(text[i:end])
			i = end
		}
	}
}

// wordLength returns the length of the word at the beginning of a text, including parts in quotes, in parentheses
// behind a $ or a =, and in ${ }.
func wordLength(text string) int {
	quote, depth, braces := byte(0), 0, 0
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch {
		case b == '\\' && quote != '\'':
			i++
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'' || b == '`':
			quote = b
		case strings.HasPrefix(text[i:], "${"):
			braces++
			i++
		case braces > 0:
			if b == '}' {
				braces--
			}
		case b == '(' && (depth > 0 || i > 0 && strings.IndexByte("$=", text[i-1]) >= 0):
			depth++
		case b == ')' && depth > 0:
			depth--
		case depth == 0 && i > 0 && strings.IndexByte(" \t;&|()", b) >= 0:
			return i
		}
	}
	return len(text)
}

// word processes one word.
func (c *commands) word(word string) {
	if c.named {
		c.named, c.ready = false, true
		return
	}
	if !c.ready {
		return
	}
	c.ready = false
	switch word {
	case "if":
		c.begin("fi")
	case "while", "until":
		c.begin("done")
	case "for", "select":
		c.begin("done")
		c.ready = false // the name is not a command
	case "case":
		c.begin("esac")
		c.ready = false
	case "{":
		c.begin("}")
	case "function":
		c.named = true
	case "then", "else", "elif", "do", "!":
		c.ready = true
	case "fi", "done", "esac", "}":
		c.end(word)
	}
}

func (c *commands) begin(end string) {
	c.open = append(c.open, command{end, c.row})
	c.ready = true
}

// end closes the innermost command with that end, and all commands inside it, which lack their ends. A parenthesis
// only closes the last command, because it also ends the pattern of a case.
func (c *commands) end(word string) {
	for n := len(c.open) - 1; n >= 0; n-- {
		if open := c.open[n]; open.end == word {
			c.depth[open.row+1]++
			c.depth[c.row+1]--
			c.open = c.open[:n]
			return
		}
		if word == ")" {
			return
		}
	}
}
