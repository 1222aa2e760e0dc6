/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-decode.c - fuzz one decoder, selected by FUZZ_FORMAT at compile time. */
#include "fuzz.h"
#include "lib/metric/decode.h"

static int on_instance(void *context, uint32_t slot, const char *name, size_t name_length,
		       struct cgw_number number)
{
	size_t *sum = context;

	FUZZ_CHECK(slot < 4);
	for (size_t i = 0; i < name_length; i++)
		*sum += (unsigned char)name[i];
	*sum += (size_t)number.value;
	return 0;
}

static int on_text(void *context, uint32_t slot, const char *text, size_t length)
{
	return on_instance(context, slot, text, length, (struct cgw_number){0, CGW_OK});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[4] = {"usage_usec", "some.avg10", "rbytes", "0"};
	struct decode_request requests[4];
	struct cgw_number numbers[4];
	size_t sum = 0;
	const struct decode_sink sink = {on_instance, on_text, &sum};
	char *text = fuzz_text(data, size);

	for (uint32_t i = 0; i < 4; i++)
		requests[i] = (struct decode_request){
			.key = keys[i],
			.key_length = (uint32_t)strlen(keys[i]),
			.slot = i,
			.scale = i == 0 ? 1000 : 1,
			.conversion = (uint8_t)(size % (CGW_CONVERT_PAGES + 1)),
			.instances = true,
		};
	FUZZ_CHECK(decode(FUZZ_FORMAT, text, size, requests, 4, numbers, &sink) == 0);
	for (size_t i = 0; i < 4; i++)
		FUZZ_CHECK(numbers[i].state == CGW_OK || numbers[i].state == CGW_MAX ||
			   numbers[i].state == CGW_ABSENT || numbers[i].state == CGW_BAD);
	free(text);
	return 0;
}
