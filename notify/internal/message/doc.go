// Package message puts a notification into words, for receivers to lay out: the change, the values, the time since, the next step. Outside
// text is clean when it comes from here: one line, of bounded length, without characters that control a display.
//
// [Describe] makes a [Card] of one alert and [DescribeList] a [List] of several; [RowOf] makes the line of an alert in a list. Each begins
// with a word, such as FIRING critical, for what is new since the receiver last showed the alert ([StatusOf]), and has a [Tone], which
// receivers show as a colour.
package message
