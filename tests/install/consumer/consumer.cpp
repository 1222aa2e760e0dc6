/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* consumer.cpp - consumer.c in C++, with owning pointers. */
#include <cstdio>
#include <memory>

#include <cgward/model.h>
#include <cgward/render.h>

namespace
{

struct free_layout {
	void operator()(cgw_layout *layout) const
	{
		cgw_layout_free(layout);
	}
};

struct free_sampler {
	void operator()(cgw_sampler *sampler) const
	{
		cgw_sampler_free(sampler);
	}
};

struct unref_snapshot {
	void operator()(cgw_snapshot *snapshot) const
	{
		cgw_snapshot_unref(snapshot);
	}
};

} // namespace

int main(int argc, char **argv)
{
	cgw_layout *layout;
	cgw_sampler *sampler;
	cgw_snapshot *snapshot;
	cgw_diag diag{};
	cgw_metric_set metrics{};
	cgw_sampler_options options{};

	if (argc != 2)
		return 2;
	if (cgw_layout_open(nullptr, &layout, &diag) < 0) {
		std::fprintf(stderr, "%s\n", diag.text);
		return 1;
	}
	std::unique_ptr<cgw_layout, free_layout> layout_owner(layout);
	options.once = true;
	if (cgw_sampler_new(layout, &options, &sampler, &diag) < 0)
		return 1;
	std::unique_ptr<cgw_sampler, free_sampler> sampler_owner(sampler);
	cgw_metric_set_add(&metrics, CGW_M_PIDS_CURRENT);
	if (cgw_sampler_set_metrics(sampler, &metrics) < 0 ||
	    cgw_sampler_sample(sampler, &snapshot) < 0)
		return 1;
	std::unique_ptr<cgw_snapshot, unref_snapshot> snapshot_owner(snapshot);
	const auto group = cgw_topology_find(cgw_snapshot_topology(snapshot), argv[1]);
	if (group == CGW_NO_GROUP)
		return 1;
	const auto number = cgw_snapshot_number(snapshot, CGW_M_PIDS_CURRENT, group);
	std::printf("%s %llu\n", cgw_state_name(number.state),
		    static_cast<unsigned long long>(number.value));
}
