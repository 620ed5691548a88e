"""stories: copies and their keys, what editors say of pairs, stories, what is rising, removed articles"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '2026_11_28_stories'
down_revision = '2026_11_28_long_texts'
branch_labels = None
depends_on = None

_NOW = sa.text('now()')


def _json() -> postgresql.JSONB:
    return postgresql.JSONB(astext_type=sa.Text())


def _copies() -> None:
    op.create_table('fingerprints',
    sa.Column('key', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('article_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('stored_at', sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
    sa.PrimaryKeyConstraint('key', 'at', 'article_id', name=op.f('pk_fingerprints'))
    )
    op.create_index('ix_fingerprints_article_id', 'fingerprints', ['article_id'], unique=False)
    op.create_index('ix_fingerprints_stored_at', 'fingerprints', ['stored_at'], unique=False)
    op.create_table('copies',
    sa.Column('one', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('other', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('judgement', _json(), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
    sa.CheckConstraint('one < other', name=op.f('ck_copies_ordered')),
    sa.CheckConstraint("by IN ('text', 'title', 'address', 'editor')", name=op.f('ck_copies_by_known')),
    sa.ForeignKeyConstraint(['one'], ['articles.id'], name=op.f('fk_copies_one_articles'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['other'], ['articles.id'], name=op.f('fk_copies_other_articles'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('one', 'other', name=op.f('pk_copies'))
    )
    op.create_index('ix_copies_other', 'copies', ['other'], unique=False)
    op.create_table('judgements',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('one', sa.BigInteger(), nullable=True),
    sa.Column('other', sa.BigInteger(), nullable=True),
    sa.Column('says', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('documents', _json(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("says IN ('duplicate', 'story', 'no', 'not_news')", name=op.f('ck_judgements_says_known')),
    sa.CheckConstraint('one < other', name=op.f('ck_judgements_ordered')),
    sa.ForeignKeyConstraint(['one'], ['articles.id'], name=op.f('fk_judgements_one_articles'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['other'], ['articles.id'], name=op.f('fk_judgements_other_articles'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_judgements'))
    )
    op.create_index('ix_judgements_one', 'judgements', ['one'], unique=False)
    op.create_index('ix_judgements_other', 'judgements', ['other'], unique=False)
    op.create_index('ix_judgements_standing', 'judgements', ['one', sa.literal_column('coalesce(other, 0)')], unique=True, postgresql_where=sa.text("withdrawn_at IS NULL AND (other IS NOT NULL OR says = 'not_news')"))
    op.create_index('ix_judgements_unheard', 'judgements', ['id'], unique=False, postgresql_where=sa.text('heard_at IS NULL'))


def _addresses() -> None:
    op.create_table('address_state',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('version', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('rules', _json(), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('befores', _json(), server_default=sa.text("'[]'"), nullable=False),
    sa.Column('owners', _json(), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('source_id', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('at_id', sa.BigInteger(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('looked', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('merged', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_address_state_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address_state'))
    )
    # Where articles are stored already nothing tells by which rules their keys were made; else there is nothing to do.
    op.execute(
        "INSERT INTO address_state (id, version, finished_at)"
        " SELECT 1, CASE WHEN n.nothing THEN '2' ELSE '' END, CASE WHEN n.nothing THEN now() END"
        " FROM (SELECT NOT EXISTS (SELECT 1 FROM articles) AS nothing) AS n"
    )


def _stories() -> None:
    op.create_table('stories',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('founded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('articles', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('publishers', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('lead_id', sa.BigInteger(), nullable=True),
    sa.Column('merged_into', sa.BigInteger(), nullable=True),
    sa.Column('muted_by', sa.Text(), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('merged_into < id', name=op.f('ck_stories_older_stays')),
    sa.ForeignKeyConstraint(['lead_id'], ['articles.id'], name=op.f('fk_stories_lead_id_articles'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['merged_into'], ['stories.id'], name=op.f('fk_stories_merged_into_stories')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stories'))
    )
    op.create_index('ix_stories_merged_into', 'stories', ['merged_into'], unique=False, postgresql_where=sa.text('merged_into IS NOT NULL'))
    op.create_index('ix_stories_lead_id', 'stories', ['lead_id'], unique=False, postgresql_where=sa.text('lead_id IS NOT NULL'))
    op.create_table('story_articles',
    sa.Column('article_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('story_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decision', _json(), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_story_articles_article_id_articles'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['story_id'], ['stories.id'], name=op.f('fk_story_articles_story_id_stories')),
    sa.PrimaryKeyConstraint('article_id', name=op.f('pk_story_articles'))
    )
    op.create_index('ix_story_articles_decided_at', 'story_articles', ['decided_at', 'number'], unique=False)
    op.create_index('ix_story_articles_story_id', 'story_articles', ['story_id'], unique=False)
    op.create_table('story_state',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('epoch', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('seq', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('version', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('next_story', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('step', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('tries', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('tried_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('careful_until', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('snapshot', sa.LargeBinary(), nullable=True),
    sa.Column('snapshot_step', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('snapshot_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('id = 1', name=op.f('ck_story_state_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_story_state'))
    )
    op.create_table('story_steps',
    sa.Column('step', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('packed', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('step', name=op.f('pk_story_steps'))
    )
    op.create_table('trend_scopes',
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('loud', _json(), nullable=False),
    sa.Column('habit', _json(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('scope', name=op.f('pk_trend_scopes'))
    )
    op.execute('INSERT INTO story_state (id) VALUES (1)')


_KINDS = "'check', 'test', 'explain', 'diff', 'impact', 'publish', 'rollback', 'stats', 'suggest', 'evaluate'"


def _desk_kinds(kinds: str) -> None:
    op.drop_constraint(op.f('ck_desk_requests_kind_known'), 'desk_requests')
    op.create_check_constraint(op.f('ck_desk_requests_kind_known'), 'desk_requests', f'kind IN ({kinds})')


def upgrade() -> None:
    _desk_kinds(f"{_KINDS}, 'agreement'")
    op.add_column('articles', sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('articles', sa.Column('removed_why', sa.Text(), nullable=True))
    op.add_column('articles', sa.Column('emptied', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_check_constraint(op.f('ck_articles_emptied_removed'), 'articles', 'removed_at IS NOT NULL OR NOT emptied')
    op.create_index('ix_articles_expiring', 'articles', ['sort_at', 'id'], unique=False, postgresql_where=sa.text('NOT emptied'))
    op.create_index('ix_articles_tombstones', 'articles', ['lease_until'], unique=False, postgresql_where=sa.text('emptied'))
    op.create_check_constraint(op.f('ck_articles_removed_hidden'), 'articles', 'removed_at IS NULL OR NOT listed')
    op.add_column('sources', sa.Column('owner', sa.Text(), nullable=True))
    op.add_column('feeds', sa.Column('body_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('rulebooks', sa.Column('addresses', _json(), server_default=sa.text("'{}'"), nullable=False))
    _copies()
    _addresses()
    _stories()
    # What is hidden already stays so: behind the article that is shown, which may itself have become a copy.
    op.execute(
        "INSERT INTO copies (one, other, by, judgement)"
        " SELECT least(id, duplicate_of), greatest(id, duplicate_of), 'text',"
        " jsonb_build_object('sentence', 'the same text, word for word', 'reasons', '[]'::jsonb)"
        " FROM articles WHERE duplicate_of IS NOT NULL"
    )
    # Copies find each other by keys that nothing stored has yet: what is young gets them when it is labelled once more, which
    # followers hear nothing of. What is older would not be compared.
    op.execute(
        "UPDATE articles SET waiting_since = now()"
        " WHERE listed AND waiting_since IS NULL AND quarantined IS NULL AND sort_at > now() - interval '3 days'"
    )
    op.drop_table('text_keys')


def downgrade() -> None:
    op.execute("DELETE FROM desk_requests WHERE kind = 'agreement'")
    _desk_kinds(_KINDS)
    op.create_table('text_keys',
    sa.Column('text_key', sa.LargeBinary(), nullable=False),
    sa.Column('article_id', sa.BigInteger(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_text_keys_article_id_articles'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('text_key', name=op.f('pk_text_keys'))
    )
    op.create_index(op.f('ix_text_keys_article_id'), 'text_keys', ['article_id'], unique=False)
    op.drop_column('rulebooks', 'addresses')
    for table in ('address_state', 'trend_scopes', 'story_steps', 'story_state', 'story_articles', 'stories', 'judgements', 'copies', 'fingerprints'):
        op.drop_table(table)
    op.drop_column('feeds', 'body_at')
    op.drop_column('sources', 'owner')
    op.drop_constraint(op.f('ck_articles_removed_hidden'), 'articles')
    op.drop_constraint(op.f('ck_articles_emptied_removed'), 'articles')
    op.drop_index('ix_articles_tombstones', table_name='articles')
    op.drop_index('ix_articles_expiring', table_name='articles')
    op.drop_column('articles', 'emptied')
    op.drop_column('articles', 'removed_why')
    op.drop_column('articles', 'removed_at')
