package plantest

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// The elements of a JUnit report, as continuous integration reads it.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes results as JUnit XML: a suite for each file.
func JUnit(results []*Result) ([]byte, error) {
	var out junitSuites
	var total, inFile float64
	for _, r := range results {
		if n := len(out.Suites); n == 0 || out.Suites[n-1].Name != r.File {
			out.Suites = append(out.Suites, junitSuite{Name: r.File})
			inFile = 0
		}
		s := &out.Suites[len(out.Suites)-1]
		c := junitCase{Class: r.File, Name: r.Name, File: r.File, Line: r.Line, Time: fmt.Sprintf("%.3f", r.Elapsed.Seconds())}
		total, inFile = total+r.Elapsed.Seconds(), inFile+r.Elapsed.Seconds()
		s.Time = fmt.Sprintf("%.3f", inFile)
		s.Tests, out.Tests = s.Tests+1, out.Tests+1
		if !r.Passed() {
			s.Failures, out.Failures = s.Failures+1, out.Failures+1
			c.Failure = describeFailures(r)
		}
		s.Cases = append(s.Cases, c)
	}
	out.Time = fmt.Sprintf("%.3f", total)
	body, err := xml.MarshalIndent(out, "", "  ")
	return append([]byte(xml.Header), append(body, '\n')...), err
}

// describeFailures returns the failure of a test case.
func describeFailures(r *Result) *junitFailure {
	var text []string
	for _, f := range r.Failures {
		text = append(text, f.Lines()...)
	}
	return &junitFailure{Message: r.Failures[0].Headline(), Text: strings.Join(text, "\n")}
}

// Headline names the failure in one line.
func (f *Failure) Headline() string {
	switch {
	case f.Message != "":
		return f.Message
	case f.Condition != "":
		return "this does not hold: " + f.Condition
	}
	first, _, _ := strings.Cut(f.Text, "\n")
	return first
}

// Lines describe a failure in full: the place, the condition, the values of its references.
func (f *Failure) Lines() []string {
	lines := []string{f.Place + ": " + f.Headline()}
	if f.Condition != "" && f.Message != "" {
		lines = append(lines, "  "+f.Condition)
	}
	for _, v := range f.Values {
		lines = append(lines, "  "+v.Reference+" is "+v.Value)
	}
	text := f.Text
	if f.Message == "" && f.Condition == "" {
		_, text, _ = strings.Cut(text, "\n")
	}
	for l := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		if text != "" {
			lines = append(lines, "  "+l)
		}
	}
	return lines
}
