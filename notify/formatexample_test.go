package notify_test

import (
	"fmt"

	"notewatch/notify"
)

func ExampleFormatFigure() {
	fmt.Println(notify.FormatFigure(41_234_567, "B"))
	fmt.Println(notify.FormatFigure(12345, ""))
	// Output:
	// 41.2 MB
	// 12,345
}
